// The connection to the host breaks while Ansible waits for a job: the wait is over, the job is not.

import type { Evidence, Unknown } from "../../model/diagnosis.ts";
import { judgeOpenJobs } from "../../model/host-ends.ts";
import { jobsOnHosts } from "../../model/host-traces.ts";
import { jobsLeftOpen } from "../../model/job-answers.ts";
import type { Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { LoggedJob, LoggedResult, Story } from "../../model/story.ts";
import { textOf } from "../../model/story.ts";

/** What connection/ssh.py says when ssh ends with 255, 2.14 to 2.21; from 2.19 on behind `Task failed: `. */
const LOST = /^(?:Task failed: )?(?:Failed to connect to the host via |Data could not be sent to (?:the )?remote host )/;
const SHOWN_JOBS = 3;

const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    if (!LOST.test(textOf(result, "msg") ?? "")) continue;
    const polled = story.jobs.find((job) => job.host === result.host && job.task === result.task && job.polls > 0 && job.ended === undefined);
    const open = polled === undefined ? jobsLeftOpen(story, { host: result.host, line: result.quote.line }) : [polled];
    if (open.length === 0) continue;
    const said = result.status === "unreachable" ? "" : " Ansible calls it FAILED, not UNREACHABLE, so that ignore_unreachable has no say.";
    return {
      supports: [{ quote: result.quote, says: `The connection to ${result.host} broke. That is all: it says nothing of the job.${said}` }, ...open.slice(0, SHOWN_JOBS).map((job) => jobEvidence(job, story, result))],
      against: [],
      do: doText(result, polled !== undefined),
      unknown: open.slice(0, SHOWN_JOBS).map((job) => howItIs(job)),
    };
  }
  return undefined;
};

function jobEvidence(job: LoggedJob, story: Story, result: LoggedResult): Evidence {
  if (job.lastPoll !== undefined) return { quote: job.lastPoll, says: `The last of ${job.polls} ${job.polls === 1 ? "poll" : "polls"} that got through had found job ${job.jid} running.` };
  const retries = story.retries.find((each) => each.host === result.host && each.task === result.task);
  const quote = job.launch?.quote ?? result.quote;
  const looks = retries === undefined ? "" : ` ${retries.count} ${retries.count === 1 ? "look" : "looks"} of this task had got through before.`;
  return { quote, says: `Job ${job.jid} was started here, and the log does not show its end.${looks}` };
}

function doText({ host }: LoggedResult, isPolled: boolean): string {
  const left = isPolled
    ? "It went on without the connection until it ended or its limit was over."
    : "It goes on without the connection, until it ends or its limit is over.";
  return `Do not start the job a second time yet. ${left} When ${host} answers again, ask for it by its id, as the user that it ran as.`;
}

function howItIs(job: LoggedJob): Unknown {
  return { what: `How job ${job.jid} has ended, or whether it still runs (finished 0).`, command: `ansible ${job.host} -m ansible.builtin.async_status -a "jid=${job.jid}"` };
}

const probe: ProbeView = (subject, story, hosts) => {
  if (!subject.results.some((result) => LOST.test(textOf(result, "msg") ?? ""))) return undefined;
  return judgeOpenJobs(jobsOnHosts(subject, story, hosts));
};

export const mode: Mode = {
  id: "connection-lost-while-waiting",
  title: "The connection breaks while a job is waited for",
  why: "A job needs no connection, only the looks at it do. A status task gives up at the first look that does not get through, whatever retries it has left; a polled task goes on trying until the limit. Either way the failure is that of the connection, and the job goes on.",
  do: "Ask for the job by its id when the host answers again, before anything is started a second time. Give ssh retries of its own (ansible_ssh_retries) on the status task.",
  messages: [
    { text: "Failed to connect to the host via ssh: *" },
    { text: 'Data could not be sent to remote host "*". Make sure this host can be reached over ssh: *' },
    { text: "Exception during async poll, retrying... (*)" },
  ],
  lint: cannot("every status task waits like this; whether the connection will hold is not in the playbook"),
  symptom,
  probe,
  fix: cannot("nothing in the playbook is wrong"),
};

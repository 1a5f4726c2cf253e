// Ansible itself is stopped (Ctrl-C, a SIGINT of the CI system) while jobs run: they go on, and nobody waits for them any more.

import type { Evidence } from "../../model/diagnosis.ts";
import { judgeOpenJobs } from "../../model/host-ends.ts";
import { jobsOnHosts } from "../../model/host-traces.ts";
import { jobsLeftOpen } from "../../model/job-answers.ts";
import type { Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { LoggedJob } from "../../model/story.ts";

/** What ansible-playbook prints at a SIGINT (cli/__init__.py, cli_executor, 2.14 to 2.21). */
const MESSAGE = "User interrupted execution";
const SHOWN_JOBS = 5;

const symptom: SymptomView = ({ error }, story) => {
  if (error?.message !== MESSAGE) return undefined;
  const left = jobsLeftOpen(story, { line: error.quote.line });
  if (left.length === 0) return undefined;
  const shown = left.slice(0, SHOWN_JOBS);
  const isMany = left.length > 1;
  const hosts = [...new Set(left.map(({ host }) => host))];
  return {
    supports: [{ quote: error.quote, says: "Ansible was stopped by an interruption (Ctrl-C, or a SIGINT from what had started it)." }, ...shown.map(jobEvidence)],
    against: [],
    do: `Do not start ${isMany ? "the jobs" : "the job"} a second time yet: ask for ${isMany ? "each" : "it"} by its id first, as the user that it runs as. To stop a job, end its whole session on ${hosts.length > 1 ? "its host" : hosts[0] ?? "the host"} (pkill --session).`,
    unknown: shown.map((job) => ({
      what: `Whether job ${job.jid} still runs on ${job.host} (finished 0), or how it has ended.`,
      command: `ansible ${job.host} -m ansible.builtin.async_status -a "jid=${job.jid}"`,
    })),
  };
};

function jobEvidence(job: LoggedJob): Evidence {
  if (job.lastPoll !== undefined) return { quote: job.lastPoll, says: `Job ${job.jid} on ${job.host} was running when it was last looked at.` };
  const says = `Job ${job.jid} had been started on ${job.host}, and the log does not show its end.`;
  return job.launch === undefined ? { says } : { quote: job.launch.quote, says };
}

const probe: ProbeView = (subject, story, hosts) => {
  if (subject.error?.message !== MESSAGE) return undefined;
  return judgeOpenJobs(jobsOnHosts(subject, story, hosts));
};

export const mode: Mode = {
  id: "controller-interrupted",
  title: "Ansible was interrupted while jobs ran",
  why: "A job belongs to its host, not to the run that has started it. When Ansible is stopped the job goes on until it ends or its limit is over, and no later run knows its id.",
  do: "Ask for the jobs by their ids before the playbook is run again.",
  messages: [{ text: `[ERROR]: ${MESSAGE}` }],
  lint: cannot("no playbook tells when it will be interrupted"),
  symptom,
  probe,
  fix: cannot("nothing in the playbook is wrong"),
};

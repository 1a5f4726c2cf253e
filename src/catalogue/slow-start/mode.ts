// A host so busy that the wrapper needs more than 2.5 s to start: the job file appears, and the module never runs.

import { jobsOnHosts, onHost } from "../../model/host-traces.ts";
import type { Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jidOf, jobOf, jobsOf, numberOf, resultsOf, textOf } from "../../model/story.ts";

const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const seen = subject.failed ? seenOf(result, story) : undefined;
    const jid = seen === undefined ? undefined : jidOf(seen.later);
    if (seen === undefined || jid === undefined) continue;
    const launch = jobOf(story, seen.later)?.launch;
    const host = result.delegatedTo ?? result.host;
    return {
      supports: [
        ...(launch === undefined ? [] : [{ quote: launch.quote, says: "The launch gave a job id, which it also does when the job has not begun within 2.5 s." }]),
        { quote: seen.missing.quote, says: `After the launch there was no job file yet (${textOf(seen.missing, "results_file") ?? jid}).` },
        { quote: seen.later.quote, says: "Later the same file was there, and said started and not finished: a job that writes it so late has lost its starter, and ends before its module runs." },
      ],
      against: [],
      do: NEVER_RAN,
      unknown: [{ what: "Whether a process of the job is left. If none is, nothing of it will ever run.", command: `ansible ${host} -m ansible.builtin.command -a "pgrep -af ${jid.split(".")[0]}"` }],
    };
  }
  return undefined;
};

interface Seen {
  readonly missing: LoggedResult;
  readonly later: LoggedResult;
}

/** A look that found no file, and a later one that found the same file saying that the job is not finished. */
function seenOf(result: LoggedResult, story: Story): Seen | undefined {
  const file = textOf(result, "results_file");
  if (file === undefined) return undefined;
  const same = resultsOf(story, jidOf(result)).filter((each) => each.host === result.host && each.delegatedTo === result.delegatedTo && textOf(each, "results_file") === file);
  const missing = same.find((each) => /(?:^|: )could not find job$/.test(textOf(each, "msg") ?? ""));
  const later = same.find((each) => missing !== undefined && each.quote.line > missing.quote.line && numberOf(each, "finished") === 0 && jidOf(each) !== undefined);
  return missing === undefined || later === undefined ? undefined : { missing, later };
}

const probe: ProbeView = (subject, story, hosts) => {
  for (const job of jobsOnHosts(subject, story, hosts)) {
    const early = earlyLook(job.job.jid, story);
    if (early === undefined || job.here === undefined) continue;
    const { report, state } = job.here;
    if (report.path === null || report.tmp?.size === 0) continue;
    const says = `Now the job file ${report.path} is there, and the job is ${state}.`;
    // A job that began late ends before its module runs: it can neither finish nor go on.
    if (state !== "lost") return { supports: [], against: [onHost(job.job.host, says)] };
    return {
      supports: [{ quote: early.quote, says: `After the launch there was no job file yet (${textOf(early, "results_file") ?? job.job.jid}).` }, onHost(job.job.host, says)],
      against: [],
      do: NEVER_RAN,
    };
  }
  return undefined;
};

/** The first look at a job, where it found no file. */
function earlyLook(jid: string, story: Story): LoggedResult | undefined {
  const [first] = jobsOf(story, jid)[0]?.looks ?? [];
  return first !== undefined && /(?:^|: )could not find job$/.test(textOf(first, "msg") ?? "") ? first : undefined;
}

const NEVER_RAN = "The command of this job has most likely never run, and no wait will see its end. Look that no process of it is left, then start it again when the host is less busy.";

export const mode: Mode = {
  id: "slow-start",
  title: "The host was too slow to start the job",
  why: "The process that starts a job waits 2.5 s for it and leaves. A job that is later than that finds nobody to report to and dies before its module runs: its job file then says for ever that it is not finished.",
  do: "Look that no process of the job is left, then start it again when the host is less busy. Fewer jobs at a time (throttle, forks) keep it from happening.",
  messages: [{ text: "could not find job" }],
  lint: cannot("how busy a host is, no playbook tells"),
  symptom,
  probe,
  fix: cannot("nothing in the playbook is wrong"),
};

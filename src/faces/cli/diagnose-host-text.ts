// What the hosts show, as a person reads it: how jobs are now, and what could not be looked at.

import type { Diagnosis, JobNow } from "../../model/diagnosis.ts";
import type { JobState } from "../../model/job-state.ts";
import { printable } from "../../model/printable.ts";
import type { Style } from "./style.ts";
import { labelled } from "./style.ts";

interface Look {
  readonly columns: number;
  readonly style: Style;
}

/** Jobs of one subject that are shown; the others are in the same situation. */
const JOBS_MAX = 4;

/** How the jobs of a diagnosis are now; what is not known last, each reason once. */
export function jobLines(jobs: readonly JobNow[], look: Look): readonly string[] {
  const known = jobs.flatMap((job) => (job.state === undefined ? [] : [job]));
  const lines = known.slice(0, JOBS_MAX).map((job) => {
    const asked = job.foundOn === job.host ? "" : ` (asked for on ${job.host})`;
    return labelled("host", printable(`${job.foundOn}: job ${job.path ?? job.jid}${asked} is ${job.state}: ${job.says}.`), look);
  });
  const more = known.length > JOBS_MAX ? [look.style.dim(`       and ${known.length - JOBS_MAX} more like these`)] : [];
  return [...lines, ...more, ...unknownLines(jobs, look)];
}

function unknownLines(jobs: readonly JobNow[], look: Look): readonly string[] {
  const reasons = Map.groupBy(jobs.flatMap((job) => (job.state === undefined ? [job] : [])), ({ host, why }) => `${host}: ${why}`);
  return [...reasons].slice(0, JOBS_MAX).map(([reason, of]) => {
    const jids = [...new Set(of.map(({ jid }) => jid))];
    return labelled("?", printable(`${jids.length === 1 ? `The state of job ${jids[0] ?? ""} is` : `The states of ${jids.length} jobs are`} not known. ${reason}.`), look);
  });
}

/** What a state means for who asked about a job, where no cause says more. */
const NEXT: Readonly<Record<JobState, string>> = {
  starting: "It has just been started: ask again in a few seconds.",
  running: "Nothing is wrong with it. To wait for its end: longhaul jobs wait JID.",
  finished: "It has ended well: there is nothing to do.",
  failed: "The program of the job failed by itself: its message, rc and output say why. longhaul jobs show JID has them all.",
  "timed-out": "It was killed at its limit. Give it a larger async, and see that nothing of it is left before you start it again.",
  killed: "Find out who sent the signal before you start it again.",
  lost: "Nobody will ever write its result. See what it has done, and that nothing of it runs, before you start it again.",
  unreadable: "Its file tells nothing. See what it has done, and that nothing of it runs, before you start it again.",
  absent: "Nothing is known of it here. Look on the host, as the user (-b, --become-user) and in the directory (--dir) of the task that started it.",
};

/** A job that was asked about by its id. The causes are shown between the two parts. */
export function jobHead({ subject: { job }, jobs: [now] }: Diagnosis, { style }: Look): string {
  const state = now?.state;
  const isGood = state === "finished" || state === "running" || state === "starting";
  const word = (state ?? "unknown").toUpperCase();
  return `${isGood ? style.good(word) : style.bad(word)}  ${style.bold(printable(job?.jid ?? ""))} on ${printable((state === undefined ? undefined : now?.foundOn) ?? job?.host ?? "")}`;
}

export function nextLine({ jobs: [now], subject: { job } }: Diagnosis, look: Look): readonly string[] {
  return now?.state === undefined ? [] : [labelled("do", NEXT[now.state].replace("JID", printable(job?.jid ?? "")), look)];
}

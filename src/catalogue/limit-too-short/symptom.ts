// A job whose limit was over: who gave up first, and what is known of the job at that moment.

import type { Evidence, Unknown } from "../../model/diagnosis.ts";
import type { SymptomView } from "../../model/mode.ts";
import type { LoggedJob, LoggedResult, Story } from "../../model/story.ts";
import { isJsonObject, jidOf, jobOf, numberOf, textOf } from "../../model/story.ts";

const OWN_MESSAGE = /^async task did not complete within the requested time - (-?\d+|True)s/;

export const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const message = textOf(result, "msg") ?? "";
    const job = jobOf(story, result);
    const asked = OWN_MESSAGE.exec(message)?.[1];
    if (asked !== undefined || isHiddenTimeout(result, message)) {
      if (asked === "True") return { supports: [{ quote: result.quote, says: "The controller gave up." }], against: [{ quote: result.quote, says: "The limit is the word True, no number of seconds." }] };
      const limitSeconds = asked === undefined ? job?.limitSeconds : Number(asked);
      return { supports: controllerSupports(result, job, limitSeconds), against: controllerAgainst(result), do: doText(limitSeconds), unknown: [stillRunning(result)] };
    }
    if (message === "Timeout exceeded") {
      const limitSeconds = job?.limitSeconds;
      return { supports: wrapperSupports(result, job, story), against: [], do: doText(limitSeconds), unknown: [perhapsLeft(result), perhapsDone(result)] };
    }
  }
  return undefined;
};

/** 2.21 up to #87138 calls every limit that the controller finds first "unparsable": the last look itself was in order. */
function isHiddenTimeout(result: LoggedResult, message: string): boolean {
  const look = result.fields["async_result"];
  return message === "async task produced unparsable results" && isJsonObject(look) && look["finished"] === false && look["failed"] !== true && look["ansible_job_id"] !== undefined;
}

function controllerSupports(result: LoggedResult, job: LoggedJob | undefined, limitSeconds: number | undefined): readonly Evidence[] {
  const limit = limitSeconds === undefined ? "its limit" : `its limit of ${limitSeconds} s`;
  const own = { quote: result.quote, says: `The controller gave up first: ${limit} was over, and its last look still found the job running.` };
  // A limit of one second is more often a mistyped value than a short one.
  if (limitSeconds === 1 || job?.lastPoll === undefined) return [own];
  return [own, { quote: job.lastPoll, says: `${job.polls === 1 ? "The only poll" : `The last of ${job.polls} polls`} found it started and not finished.` }];
}

function controllerAgainst(result: LoggedResult): readonly Evidence[] {
  const look = result.fields["async_result"];
  if (!isJsonObject(look)) return [];
  if (look["skipped"] === true) return [{ quote: result.quote, says: "The look was skipped: no time had passed at all." }];
  return look["rc"] === undefined && look["delta"] === undefined
    ? []
    : [{ quote: result.quote, says: "The last look already had the result of the module: the job had ended." }];
}

function wrapperSupports(result: LoggedResult, job: LoggedJob | undefined, story: Story): readonly Evidence[] {
  const limit = job?.limitSeconds === undefined ? "the limit" : `the limit of ${job.limitSeconds} s`;
  const own = { quote: result.quote, says: `The watcher on ${result.delegatedTo ?? result.host} gave up first: it wrote "Timeout exceeded" into the job file when ${limit} was over, and killed the job (process group ${numberOf(result, "child_pid") ?? "unknown"}).` };
  if (job?.lastPoll !== undefined) return [own, { quote: job.lastPoll, says: "The poll before that had found the job running." }];
  const retries = story.retries.find((each) => each.host === result.host && each.task === result.task);
  return retries === undefined ? [own] : [own, { quote: retries.first, says: `${retries.count} ${retries.count === 1 ? "look" : "looks"} before that had found the job running.` }];
}

function doText(limitSeconds: number | undefined): string {
  const small = limitSeconds === undefined ? "The async limit was too small" : `async: ${limitSeconds} was too small`;
  return `${small} for this work. Measure how long it takes when nobody stops it, and set async to three times that; retries x delay of a status task must outlast it. See that nothing of the first job is left before you start it again.`;
}

function stillRunning(result: LoggedResult): Unknown {
  return {
    what: "Whether the job still runs: it did when Ansible gave up, and is killed within ten seconds after that. Programs that it started in sessions of their own are not killed at all.",
    command: processesOn(result),
  };
}

function perhapsLeft(result: LoggedResult): Unknown {
  return {
    what: "Whether something of the job still runs: the kill goes to one process group, and programs in sessions of their own are not in it.",
    command: processesOn(result),
  };
}

function processesOn(result: LoggedResult): string {
  return `ansible ${result.delegatedTo ?? result.host} -m ansible.builtin.command -a "ps -eo pid,ppid,pgid,sid,etime,args"`;
}

function perhapsDone(result: LoggedResult): Unknown {
  return {
    what: "Whether the work was done after all: releases before the middle of 2026 write \"Timeout exceeded\" over a good result of the last seconds. Look at what the work leaves behind; the job file holds only this message.",
    command: `ansible ${result.delegatedTo ?? result.host} -m ansible.builtin.async_status -a "jid=${jidOf(result) ?? "JID"}"`,
  };
}

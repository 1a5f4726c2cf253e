// What longhaul says about a run: the cause of a failure, with the evidence for it and against the others.

import type { JobRef } from "./host-looks.ts";
import type { JobState } from "./job-state.ts";
import type { LoggedError, LoggedResult, LoggedTask, Quote } from "./story.ts";

/** One observed thing and what it means. */
export interface Evidence {
  /** A line of the log. */
  readonly quote?: Quote;
  /** A place in a playbook, with its line number for people. */
  readonly place?: { readonly file: string; readonly line: number };
  /** The host it was found on, by its name in the inventory. */
  readonly host?: string;
  /** Why it counts: one sentence. */
  readonly says: string;
}

/** The results that one diagnosis has to explain: the same task, the same message, one or many hosts. */
export interface Subject {
  readonly task: LoggedTask;
  readonly results: readonly LoggedResult[];
  /** False for a result that is green but may lie. */
  readonly failed: boolean;
  /** The error that stopped Ansible before any host gave a result. */
  readonly error?: LoggedError;
  /** A job that was asked about by its id, without a log. */
  readonly job?: JobRef;
}

/** How a job of a subject is on its host now. */
export type JobNow =
  | (JobRef & {
      readonly state: JobState;
      /** Where it was found: not always the host that was asked. */
      readonly foundOn: string;
      readonly path: string | undefined;
      readonly says: string;
    })
  | (JobRef & { readonly state: undefined; readonly why: string });

/** What one mode says about one subject. A mode with nothing to say gives no judgement. */
export interface Judgement {
  readonly supports: readonly Evidence[];
  /** What speaks against this mode: it is then dropped, and shown as ruled out. */
  readonly against: readonly Evidence[];
  /** True where the log shows the mistake itself: a lint that finds nothing of it does not rule it out (Mode.inPlaybook). */
  readonly proven?: boolean;
  /** True where a mistake that has nothing to do with async would look the same: a verdict only where lint finds it on the task. */
  readonly circumstantial?: boolean;
  /** True where it is a handler that failed: a launch of the playbook that notifies it is evidence. */
  readonly notified?: boolean;
  /** What to change for this subject, with its numbers; the mode's own `do` where absent. */
  readonly do?: string;
  /** What this mode would need to know, and the command that would tell. */
  readonly unknown?: readonly Unknown[];
}

export interface Unknown {
  readonly what: string;
  readonly command: string;
  /** Modes that the answer may speak for, and of which the log shows nothing. */
  readonly modes?: readonly string[];
}

export interface Candidate {
  readonly mode: string;
  readonly title: string;
  readonly why: string;
  readonly do: string;
  readonly evidence: readonly Evidence[];
  /** What has to be said with the verdict. */
  readonly note?: string;
}

export interface Diagnosis {
  readonly subject: Subject;
  /** Best first; more than one only when the evidence cannot tell them apart. Empty: the cause is not known. */
  readonly causes: readonly Candidate[];
  readonly ruledOut: readonly { readonly mode: string; readonly because: Evidence }[];
  readonly unknown: readonly Unknown[];
  /** How its jobs are now, where the hosts were looked at. */
  readonly jobs: readonly JobNow[];
  /** What the hosts have kept about its jobs, where no mode explains them. */
  readonly seen: readonly Evidence[];
  /** Modes between which the log alone could not decide, where the hosts did. */
  readonly openWithoutHosts: readonly string[];
  /** The task in the playbook, where known. */
  readonly place?: { readonly file: string; readonly line: number };
}

// The wording of the gaps.

import type { GapKind } from "./gap-book.ts";
import {
  MAX_ERRORS, MAX_FAILURES, MAX_FIELDS_CHARS, MAX_JOBS, MAX_LINE_BYTES, MAX_OTHER_RESULTS, MAX_RECAP_LINES, MAX_RETRIES, MAX_TASKS,
  MAX_WARNINGS,
} from "./limits.ts";

const MIB = 1_048_576;

export const SENTENCES: Readonly<Record<GapKind, (count: number) => string>> = {
  "nothing": () => "Nothing that Ansible prints was found in this input.",
  "end-in-result": () => "The log ends in the middle of a result; only the part that is there was read.",
  "end-in-json": () => "The log ends in the middle of a JSON document; what follows is missing.",
  "interrupted": (count) => `${results(count)} broken off by other lines; only the part before was read.`,
  "cut": (count) =>
    `${results(count)} cut off, damaged, or longer than ${MAX_LINE_BYTES / MIB} MiB; only the keys that could be read are known.`,
  "long-json": (count) =>
    `${count} value${s(count)} of a JSON document were longer than ${MAX_LINE_BYTES / MIB} MiB; only the keys that could be read are known.`,
  "slim": (count) =>
    `More than ${MAX_FIELDS_CHARS / MIB} MiB of results: of ${count} of them only the message, the job and the outcome were kept.`,
  "failures": (count) => `More than ${MAX_FAILURES} failed results: ${count} more were left out.`,
  "others": (count) => `More than ${MAX_OTHER_RESULTS} results of jobs that did not fail: ${count} more were left out.`,
  "tasks": (count) => `More than ${MAX_TASKS} task headings: ${count} more are not listed.`,
  "jobs": (count) => `More than ${MAX_JOBS} jobs: ${count} line${s(count)} about others were left out.`,
  "retries": (count) => `More than ${MAX_RETRIES} rows of retries: ${count} line${s(count)} of others were left out.`,
  "errors": (count) => `More than ${MAX_ERRORS} errors: ${count} more were left out.`,
  "warnings": (count) => `More than ${MAX_WARNINGS} warnings: ${count} more were left out.`,
  "recap": (count) => `More than ${MAX_RECAP_LINES} recap lines: ${count} more were left out.`,
  "unnamed-job": (count) =>
    `${count} ASYNC line${s(count)} name no job (jid=None): the task has no_log, or its launch answered without a job id.`,
  "unclear-ignoring": (count) => `${count} time${s(count)} "...ignoring" could not be assigned to a host.`,
};

function results(count: number): string {
  return count === 1 ? "1 result was" : `${count} results were`;
}

function s(count: number): string {
  return count === 1 ? "" : "s";
}

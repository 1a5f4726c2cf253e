// What the last look at a job brought back, and what it says when it brought back no answer about the job.

import type { JsonObject, LoggedResult } from "./story.ts";

/** In: a failed result. Out: the fields of the last look: its own, or under `async_result` where Ansible itself had polled. */
export function lastLook(result: LoggedResult): JsonObject {
  const nested = result.fields["async_result"];
  return nested !== undefined && nested !== null && typeof nested === "object" && !Array.isArray(nested) ? (nested as JsonObject) : result.fields;
}

/** What Python says to a job file that is JSON but no object (modules/async_status.py, main, 2.14 to 2.21; Python 3.9 to 3.14). */
const NO_OBJECT = /argument of type '\w+' is not (?:a container or )?iterable|list indices must be integers[^\n"]*|'\w+' object does not support item assignment/;

/** The complaint of a look about a job file that is no object; undefined for every other look. */
export function complaintOf(look: JsonObject): string | undefined {
  if (typeof look["ansible_job_id"] !== "string" || typeof look["results_file"] !== "string") return undefined;
  return ["msg", "module_stderr", "module_stdout", "exception"].flatMap((key) => NO_OBJECT.exec(textIn(look, key))?.[0] ?? [])[0];
}

/** A field of a look as text, "" where it has none. */
export function textIn(look: JsonObject, key: string): string {
  const value = look[key];
  return typeof value === "string" ? value : "";
}

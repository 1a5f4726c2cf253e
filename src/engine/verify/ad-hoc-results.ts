// What one run of `ansible` said about each host.

import type { LoggedResult, Story } from "../../model/story.ts";
import { jidOf, numberOf, textOf } from "../../model/story.ts";

export type Launch =
  | { readonly ok: true; readonly jid: string; readonly dir: string }
  | { readonly ok: false; readonly says: string };

/** In: what a launch printed. Out: the job of a host, or why there is none. */
export function launchOf(story: Story, host: string): Launch {
  const result = story.results.findLast((each) => each.host === host);
  const jid = result === undefined ? undefined : jidOf(result);
  const file = result === undefined ? undefined : textOf(result, "results_file");
  if (result !== undefined && isGood(result) && jid !== undefined && file?.endsWith(`/${jid}`) === true) return { ok: true, jid, dir: file.slice(0, -jid.length - 1) || "/" };
  return { ok: false, says: result === undefined ? silence(story) : messageOf(result) };
}

/** In: what async_status printed. Out: undefined where it knows that the job is over and went well, else what it says. */
export function statusTrouble(story: Story, host: string): string | undefined {
  const result = story.results.findLast((each) => each.host === host);
  if (result === undefined) return silence(story);
  if (isGood(result) && numberOf(result, "finished") === 1 && (numberOf(result, "rc") ?? 0) === 0) return undefined;
  return isGood(result) ? "the job has ended, and async_status says that it runs" : messageOf(result);
}

function isGood({ status }: LoggedResult): boolean {
  return status === "ok" || status === "changed";
}

/** The message, and the last line of what a module's Python complained about. */
function messageOf(result: LoggedResult): string {
  const said = linesOf(textOf(result, "msg") ?? result.quote.text)[0] ?? "no reason given";
  const complaint = ["module_stderr", "module_stdout"].flatMap((key) => linesOf(textOf(result, key) ?? "").at(-1) ?? []);
  return [...new Set([said, ...complaint])].join("; ");
}

/** A terminal's line ends came as characters that cannot be shown; that ssh closes a shared connection means nothing. */
function linesOf(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replace(/[\s\ufffd]+$/, "").trimStart()).filter((line) => line !== "" && !/^Shared connection to \S+ closed\.?$/.test(line));
}

function silence({ errors }: Story): string {
  const error = errors.at(-1)?.message;
  return error === undefined ? "Ansible says nothing about this host" : error;
}

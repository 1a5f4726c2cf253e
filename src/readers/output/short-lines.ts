// Reads the lines that are one short statement: headings, polls, paths, versions, limits, the recap.

import type { RecapLine } from "../../model/story.ts";
import { copied, safeName } from "./safe-text.ts";

export interface Banner {
  readonly kind: "play" | "task" | "handler" | "playbook" | "recap" | "dry-run" | "other";
  readonly name: string;
  readonly checkMode: boolean;
}

const CHECK_MODE = " [CHECK MODE]";
const TITLES: Readonly<Record<string, Banner["kind"]>> = { "PLAY": "play", "TASK": "task", "RUNNING HANDLER": "handler", "CLEANUP TASK": "handler" };

/** In: a line that begins as a heading does. Out: what it heads, or nothing. */
export function readBanner(text: string): Banner | undefined {
  const starred = text.replace(/ \*{3,}$/, "");
  const checkMode = starred.endsWith(CHECK_MODE);
  const told = checkMode ? starred.slice(0, -CHECK_MODE.length) : starred;
  const title = /^(PLAY|TASK|RUNNING HANDLER|CLEANUP TASK) \[/.exec(told);
  const kind = TITLES[title?.[1] ?? ""];
  if (title !== null && kind !== undefined) {
    const name = told.slice(title[0].length);
    if (starred !== text) return { kind, name: name.replace(/\]$/, ""), checkMode };
    // A name with line breaks: its first line. Anything else without the stars is no heading.
    return name.includes("]") ? undefined : { kind, name, checkMode: false };
  }
  if (told.startsWith("PLAYBOOK: ")) return { kind: "playbook", name: told.slice("PLAYBOOK: ".length), checkMode };
  if (starred === text) return undefined;
  if (told === "PLAY") return { kind: "play", name: "", checkMode };
  if (told === "PLAY RECAP") return { kind: "recap", name: "", checkMode };
  return told === "DRY RUN" ? { kind: "dry-run", name: "", checkMode: true } : { kind: "other", name: "", checkMode };
}

/** `ASYNC POLL on H: jid=J started=1 finished=0`, `ASYNC OK on H: jid=J`, `ASYNC FAILED on H: jid=J`. */
export function readAsync(text: string): { readonly what: "poll" | "ok" | "failed"; readonly host: string; readonly jid: string } | undefined {
  const match = /^ASYNC (POLL|OK|FAILED) on (.{1,300}): jid=(\S{1,200})/.exec(text);
  if (match === null) return undefined;
  const what = match[1] === "POLL" ? "poll" : match[1] === "OK" ? "ok" : "failed";
  return { what, host: safeName(match[2] ?? ""), jid: safeName(match[3] ?? "") };
}

/** `task path: FILE:LINE`. */
export function readTaskPath(text: string): { readonly file: string; readonly line: number } | undefined {
  return readPlace(text.slice("task path: ".length));
}

/** `FILE:LINE`. */
export function readPlace(text: string): { readonly file: string; readonly line: number } | undefined {
  const match = /^(.{1,1000}):(\d{1,9})$/.exec(text.trim());
  return match === null ? undefined : { file: safeName(match[1] ?? ""), line: Number(match[2]) };
}

/** `ansible-playbook [core 2.14.18]`, and `ansible-playbook 2.9.27` before there was a core. */
export function readVersion(text: string): string | undefined {
  const match = /^ansible(?:-playbook)? (?:\[core ([\w.+-]{1,40})[^\]]*\]|(2\.\d[\w.]{0,20})$)/.exec(text);
  const version = match?.[1] ?? match?.[2];
  return version === undefined ? undefined : copied(version);
}

/** The command of a launch (-vvv): the jid without its pid, and the limit. */
export function readLimit(text: string): { readonly base: string; readonly seconds: number } | undefined {
  const match = /async_wrapper\.py["']* ["']*(j?\d{1,20})["']* ["']*(\d{1,15})\b/.exec(text);
  return match === null ? undefined : { base: copied(match[1] ?? ""), seconds: Number(match[2]) };
}

const RECAP =
  /^(\S.{0,300}?)\s+: ok=(\d{1,9})\s+changed=(\d{1,9})\s+unreachable=(\d{1,9})\s+failed=(\d{1,9})(?:\s+skipped=(\d{1,9}))?(?:\s+rescued=(\d{1,9})\s+ignored=(\d{1,9}))?/;

/** A host's line of the recap. */
export function readRecap(text: string): Omit<RecapLine, "quote"> | undefined {
  const match = RECAP.exec(text.slice(0, 600));
  if (match === null) return undefined;
  const count = (index: number): number => Number(match[index] ?? 0);
  return {
    host: safeName(match[1] ?? ""),
    ok: count(2), changed: count(3), unreachable: count(4), failed: count(5), skipped: count(6), rescued: count(7), ignored: count(8),
  };
}

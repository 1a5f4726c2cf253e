// What a host has kept about a job besides its file: lines of its wrapper in the system's log, kills in the kernel's log, counts of kills in its cgroup.

import type { Evidence } from "./diagnosis.ts";
import { deltaSeconds } from "./host-left.ts";
import type { HostSeen, WrapperLine } from "./host-looks.ts";
import type { Found } from "./host-traces.ts";
import { clockText, onHost } from "./host-traces.ts";

/** Lines of one kind that are told. */
const TOLD_MOST = 2;

/** In: which lines. Out: the last ones of a job as evidence. */
export function wrapperSaid(host: HostSeen, jid: string, which: RegExp): readonly Evidence[] {
  return linesOf(host, jid).filter(({ text }) => which.test(text)).slice(-TOLD_MOST).map((line) => onHost(host.host, `The job's wrapper has written to the host's log: ${quoted(line)}.`));
}

/** The last that was heard of a job's wrapper: it lived until then. */
export function lastSign(host: HostSeen, jid: string): readonly Evidence[] {
  return linesOf(host, jid).slice(-1).map((line) => onHost(host.host, `The last that the job's wrapper has written to the host's log: ${quoted(line)}.`));
}

function linesOf({ wrapperLog }: HostSeen, jid: string): readonly WrapperLine[] {
  return wrapperLog.said.filter((line) => line.jid === jid);
}

const LINE_MAX = 160;

function quoted({ at, text }: WrapperLine): string {
  return `"${text.length > LINE_MAX ? `${text.slice(0, LINE_MAX - 1)}…` : text}", at ${clockText(at)}`;
}

/** Times of files and of the kernel's log differ by some seconds after days. */
const SLACK_SECONDS = 5;

/** What the kernel has killed while a job ran. Of a lost job the end is not known: from its start on. */
export function oomKills({ host, sighting: { report, state } }: Found): readonly Evidence[] {
  const { mtime } = report;
  if (mtime === null) return [];
  const tookSeconds = deltaSeconds(report.delta);
  const from = state === "lost" ? mtime : tookSeconds === undefined ? mtime - SLACK_SECONDS : mtime - tookSeconds;
  const to = state === "lost" ? Infinity : mtime;
  const kills = host.kills.oom.filter(({ at }) => at >= from - SLACK_SECONDS && at <= to + SLACK_SECONDS);
  return kills.slice(0, TOLD_MOST).map(({ at, pid, name }) => onHost(host.host, `The kernel killed process ${pid} (${name}) for want of memory at ${clockText(at)}, ${state === "lost" ? "after the job was started" : "while the job ran"}.`));
}

/** Kills for want of memory that the cgroup of a job has counted. When they were nobody knows. */
export function cgroupKills({ host, sighting: { report } }: Found): readonly Evidence[] {
  const around = host.kills.cgroups.filter(({ jids, uid, isOwn }) => jids.includes(report.jid) || isOwn || (uid !== null && uid === report.uid));
  return around.slice(0, 1).map(({ path, kills, jids }) => {
    const whose = jids.includes(report.jid) ? "in which the job is" : "in which such jobs are";
    return onHost(host.host, `The cgroup ${path}, ${whose}, has counted ${kills === 1 ? "1 kill" : `${kills} kills`} for want of memory; it does not say when.`);
  });
}

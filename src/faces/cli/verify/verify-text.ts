// What verify found, as a person reads it and as programs do. A host that is well takes one line; what many hosts share is said once.

import { bytesText } from "../../../engine/verify/amounts.ts";
import type { HostFinding, HostLook } from "../../../engine/verify/host-look.ts";
import type { Looked } from "../../../engine/verify/look-at-host.ts";
import { printable } from "../../../model/printable.ts";
import type { Style } from "../style.ts";
import { count, labelled, wrap } from "../style.ts";

export interface VerifiedHost {
  readonly look: HostLook;
  readonly failed: Looked["failed"];
  readonly findings: readonly HostFinding[];
}

interface Shown {
  readonly columns: number;
  readonly style: Style;
  /** Number of hosts that could not be looked at; they are named elsewhere. */
  readonly unreached: number;
}

export function verifyText(hosts: readonly VerifiedHost[], shown: Shown): string {
  const width = Math.max(0, ...hosts.map(({ look }) => printable(look.host).length));
  const notes = Map.groupBy(hosts.flatMap(({ look, findings }) => findings.filter(isNote).map((finding) => ({ host: look.host, finding }))), ({ finding }) => JSON.stringify(finding));
  // Lines of hosts that are well stand together.
  const blocks: string[] = [];
  for (const [n, host] of hosts.entries()) {
    const before = n > 0 && isWell(host) && isWell(hosts[n - 1]) ? blocks.pop() : undefined;
    blocks.push(`${before ?? ""}${hostText(host, width, shown)}`);
  }
  return [...blocks, ...[...notes.values()].map((group) => noteText(group, hosts.length, shown)), ...totals(hosts, shown)].join("\n");
}

function isWell(host: VerifiedHost | undefined): boolean {
  return host !== undefined && host.failed.length === 0 && host.findings.every(isNote);
}

function isNote({ severity }: HostFinding): boolean {
  return severity === "info";
}

function hostText(host: VerifiedHost, width: number, shown: Shown): string {
  const { look, failed, findings } = host;
  const { style } = shown;
  const bad = findings.filter((finding) => !isNote(finding));
  const name = printable(look.host).padEnd(width);
  const head = isWell(host) ? `${name}  ${style.good("ok")}  ${summary(look)}` : `${style.bold(name)}  ${style.bad(bad.some(({ severity }) => severity === "error") ? "not well" : "look here")}  ${summary(look)}`;
  const lines = [head.trimEnd(), ...bad.map((finding) => findingText(finding, shown)), ...failed.map(({ probe, why }) => labelled("not", `seen: ${printable(probe)} (${printable(why)})`, shown))];
  return `${lines.join("\n")}\n`;
}

/** What was measured: the job, Python, the async dir. */
function summary({ ready, facts: { asyncDir }, proof }: HostLook): string {
  const job = proof?.kind !== "well" ? [] : [proof.seconds === undefined ? "job done" : `job ${proof.seconds.toFixed(1)} s`];
  const free = asyncDir === undefined ? [] : [`${printable(asyncDir.asked)}${asyncDir.free === null ? "" : ` ${bytesText(asyncDir.free)} free`}`];
  return [...job, `python ${printable(ready.python)}`, ...free].join(", ");
}

function findingText({ severity, id, what, seen, do: next }: HostFinding, shown: Shown): string {
  const { columns, style } = shown;
  return [
    `  ${style.severity(severity)}  ${id}`,
    wrap(printable(what), columns, "  "),
    ...seen.map((each) => labelled("seen", printable(each), shown)),
    labelled("do", printable(next), shown),
  ].join("\n");
}

const NAMED_AT_MOST = 5;

function noteText(group: readonly { readonly host: string; readonly finding: HostFinding }[], all: number, shown: Shown): string {
  const [first] = group;
  if (first === undefined) return "";
  const names = group.map(({ host }) => printable(host));
  const some = names.length > NAMED_AT_MOST ? `${names.slice(0, NAMED_AT_MOST).join(", ")} and ${names.length - NAMED_AT_MOST} more` : names.join(", ");
  const where = group.length === all && all > 1 ? "all hosts" : some;
  return `${wrap(where, shown.columns, "")}\n${findingText(first.finding, shown)}\n`;
}

function totals(hosts: readonly VerifiedHost[], { unreached }: Shown): readonly string[] {
  const all = hosts.length + unreached;
  if (all < 2) return [];
  const well = hosts.filter(isWell).length;
  return [`${count(all, "host")}: ${[[well, "ok"], [hosts.length - well, "with problems"], [unreached, "not reachable"]].flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`])).join(", ")}\n`];
}

/** The same for programs. */
export function verifyDocument(hosts: readonly VerifiedHost[], problems: readonly { readonly host: string; readonly says: string }[]): unknown {
  return {
    hosts: hosts.map((each) => {
      const { host, ready, becomeUser, clockAheadSeconds, keepAliveSeconds, facts, proof } = each.look;
      return {
        host,
        ok: isWell(each),
        python: ready.python,
        user: ready.user,
        become_user: becomeUser ?? null,
        clock_ahead_seconds: Math.round(clockAheadSeconds),
        keep_alive_seconds: keepAliveSeconds ?? null,
        job: proof ?? null,
        findings: each.findings,
        not_seen: each.failed,
        facts,
      };
    }),
    unreachable: problems,
  };
}

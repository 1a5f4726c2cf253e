// Advice for a person: what was measured, what holds now, what to set and what it costs.

import type { Advice, MeasuredAdvice, RuleAdvice } from "../../../engine/advise/advice.ts";
import { isPollDear, limitVerdict } from "../../../engine/advise/advice.ts";
import { changeFor } from "../../../engine/advise/advice-mode.ts";
import { ABOVE_CUT } from "../../../engine/advise/bound.ts";
import { costOf } from "../../../engine/advise/recommend.ts";
import { killTimes } from "../../../model/limits.ts";
import { positionAt } from "../../../model/place.ts";
import { titleOf } from "../../../model/playbook.ts";
import { printable } from "../../../model/printable.ts";
import { took } from "../durations.ts";
import type { Style } from "../style.ts";
import { count, wrap } from "../style.ts";

interface Look {
  readonly columns: number;
  readonly style: Style;
}

const LABEL_CHARS = 10;

/** A paragraph for each task. */
export function adviceText(advice: Advice, look: Look): string {
  const { task } = advice;
  const { line } = positionAt(task.source.text, task.map.span.start);
  const lines: readonly (readonly [string, string])[] = advice.basis === "measured" ? measuredLines(advice) : ruleLines(advice);
  const change = changeFor(advice);
  const todo: readonly (readonly [string, string])[] = change === undefined ? [] : [["set", `${change.says.join(", ")}${change.edits === undefined ? " (by hand: the value stands elsewhere)" : change.safe ? "" : " (asks for your consent)"}`]];
  const head = `${look.style.bold(printable(`${task.source.path}:${line}  ${titleOf(task)}`))}`;
  return `${[head, ...[...lines, ...todo].map(([label, text]) => labelled(label, text, look))].join("\n")}\n`;
}

function labelled(label: string, text: string, { columns, style }: Look): string {
  const indent = " ".repeat(LABEL_CHARS + 2);
  const body = wrap(printable(text), columns, indent).slice(indent.length);
  return `  ${label === "set" ? style.good(label.padEnd(LABEL_CHARS)) : style.dim(label.padEnd(LABEL_CHARS))}${body}`;
}

function measuredLines(advice: MeasuredAdvice): readonly (readonly [string, string])[] {
  const { runs, summary, others } = advice;
  const hosts = new Set(runs.map(({ host }) => host)).size;
  const cut = runs.length - (summary?.count ?? 0);
  const numbers = summary === undefined ? "none of them ended well" : `p50 ${took(summary.p50)}, p95 ${took(summary.p95)}, max ${took(summary.max)}`;
  const ended = cut > 0 && summary !== undefined ? `; ${cut} more did not end well` : "";
  const left = others > 0 ? `; ${count(others, "run")} of another command not counted` : "";
  return [
    ["measured", `${count(summary?.count ?? runs.length, "run")} on ${count(hosts, "host")}: ${numbers}${ended}${left}`],
    ["limit", limitText(advice)],
    ...(limitVerdict(advice) === "fits" ? [] : [["why", whyText(advice)], ["kill", killText(advice)]] as const),
    ...hostsLines(advice),
    ...pollLines(advice),
  ];
}

/** Host names in a message; who wants all of them asks for JSON. */
const HOSTS_SHOWN = 5;

/** Where some hosts are clearly slower. It is only told: which hosts they are a group of the inventory says better than a list in a task. */
function hostsLines({ limitWanted, recommendation: { slow } }: MeasuredAdvice): readonly (readonly [string, string])[] {
  if (slow === undefined) return [];
  const { hosts, othersLimitSeconds } = slow;
  const more = hosts.length > HOSTS_SHOWN ? ` and ${hosts.length - HOSTS_SHOWN} more` : "";
  const names = `${hosts.slice(0, HOSTS_SHOWN).join(", ")}${more}`;
  const test = hosts.length === 1 ? `inventory_hostname == '${hosts[0] ?? ""}'` : "inventory_hostname in groups['slow']";
  return [["hosts", `${names} ${hosts.length === 1 ? "is" : "are"} clearly slower: ${limitWanted} s is for ${hosts.length === 1 ? "it" : "them"}, ${othersLimitSeconds} s is enough for the others. By hand, `
    + `${hosts.length === 1 ? "" : "with a group slow of these hosts, "}async: "{{ ${limitWanted} if ${test} else ${othersLimitSeconds} }}"`]];
}

function limitText(advice: MeasuredAdvice): string {
  const { limitNow, limitWanted, recommendation, summary } = advice;
  const now = limitNow === undefined ? "known only in a run" : `${limitNow} s now`;
  const held = recommendation.heldSeconds;
  const verdicts = {
    unknown: `${limitWanted} s is advised`,
    "too short": `shorter than ${count(runsOver(advice), "measured run")}; ${held} s would have held, ${limitWanted} s is advised`,
    "below advice": `${held === undefined ? "" : `${held} s would have held all runs, `}${limitWanted} s is advised`,
    fits: summary === undefined ? "enough by what is known" : `enough; ${held} s would have held all runs, ${limitWanted} s would do`,
    "larger than needed": `enough for any run; with ${limitWanted} s a hung job is noticed ${took((limitNow ?? 0) - limitWanted)} sooner`,
  } as const;
  return `${now}: ${verdicts[limitVerdict(advice)]}`;
}

function runsOver({ runs, limitNow }: MeasuredAdvice): number {
  return runs.filter(({ seconds, end }) => end === "finished" && seconds > (limitNow ?? Infinity)).length;
}

/** When a job that hangs is really killed under the advised limit. */
function killText({ limitWanted }: MeasuredAdvice): string {
  const { exact, late } = killTimes(limitWanted);
  return `a job that hangs then ends after ${exact} s (the newest patch releases of 2.18 to 2.21) or ${late} s (older ones)`;
}

/** What decided the limit. */
function whyText({ recommendation: { bound }, summary }: MeasuredAdvice): string {
  const few = (summary?.count ?? 0) < 5 && summary !== undefined ? ", and so few runs say little" : "";
  const growth = bound.growth === undefined ? "" : ` (${Math.round(bound.growth.part * 100)} % more in ${Math.round(bound.growth.days)} days)`;
  const reasons = {
    spread: `runs differ: hardly any takes longer than ${took(bound.seconds)}${few}`,
    growth: `it takes longer and longer${growth}: ${took(bound.seconds)} leaves room for a quarter of that time more`,
    host: `${bound.host ?? ""} is the slowest host: hardly any run there takes longer than ${took(bound.seconds)}`,
    longest: `the longest run decides, with a quarter more${few}`,
    "cut-short": `a run was stopped after ${took(bound.seconds / ABOVE_CUT)}, and nobody knows how much it would have needed: twice that`,
    "never-ended": "no run ever ended well: three times what they lasted, until one does",
  } as const;
  return reasons[bound.because];
}

function pollLines(advice: MeasuredAdvice): readonly (readonly [string, string])[] {
  const usual = advice.summary?.p50;
  if (usual === undefined) return [];
  const { pollNow, pollWanted, polled, statuses } = advice;
  const cost = (poll: number): string => {
    const { looks, cpuSeconds, lateSeconds } = costOf(usual, poll);
    return `${count(looks, "look")}, ${took(cpuSeconds)} of the host's CPU, the end seen ${took(lateSeconds)} late`;
  };
  if (polled && pollNow !== undefined) {
    return [["poll", isPollDear(advice) ? `${pollNow} s now: ${cost(pollNow)}; ${pollWanted} s is advised: ${cost(pollWanted)}` : `${pollNow} s now: ${cost(pollNow)}; fine`]];
  }
  return statuses.map(({ retries, delaySeconds, waitSeconds }) => [
    "wait",
    `${waitSeconds === undefined ? "known only in a run" : `${waitSeconds} s now`}; retries ${retries} with delay ${delaySeconds} outlast the limit: ${cost(delaySeconds)}`,
  ]);
}

function ruleLines(advice: RuleAdvice): readonly (readonly [string, string])[] {
  const { expected, limitNow, limitWanted, kind, pollNow, pollWanted, polled, others } = advice;
  const now = limitNow === undefined ? "known only in a run" : `${limitNow} s now`;
  const limit = expected === undefined || limitWanted === undefined
    ? `${now}; the rule of thumb is three times the expected runtime, and nobody has said how long it takes: --expect 20m does`
    : `${now}; the rule of thumb is three times the expected runtime (${took(expected.seconds)} by ${expected.from}): ${limitWanted} s`;
  const left = others > 0 ? `; ${count(others, "run")} of another command not counted` : "";
  return [
    ["measured", `nothing yet${left}; longhaul history import LOG, or let longhaul run it`],
    ["limit", limit],
    ...(polled ? [["poll", rulePoll({ kind, pollNow, pollWanted })] as const] : []),
    ...advice.statuses.map(({ retries, delaySeconds, waitSeconds }) => [
      "wait", `${waitSeconds === undefined ? "known only in a run" : `${waitSeconds} s now`}; retries ${retries} with delay ${delaySeconds} outlast the limit`,
    ] as const),
  ];
}

function rulePoll({ kind, pollNow, pollWanted }: Pick<RuleAdvice, "kind" | "pollNow" | "pollWanted">): string {
  const now = pollNow === undefined ? "known only in a run" : `${pollNow} s now`;
  if (pollWanted === undefined) return `${now}; what kind of work this is cannot be told from its module and command`;
  const rule = kind === undefined ? "for work that takes that long" : `for ${kind}`;
  return `${now}; the rule of thumb ${rule} is ${pollWanted} s${pollWanted < 5 ? "" : `. It costs: Ansible waits that long before its first look, so a job of 3 s takes ${pollWanted === 30 ? "35 s" : `more than ${pollWanted} s`}`}`;
}

/** The last line. */
export function summaryText(advices: readonly Advice[], { applies, files }: { readonly applies: boolean; readonly files: number }): string {
  if (advices.length === 0) return `no async tasks in ${count(files, "file")}`;
  const measured = advices.filter(({ basis }) => basis === "measured").length;
  const changes = advices.filter((advice) => changeFor(advice)?.edits !== undefined).length;
  const byRule = advices.length - measured;
  const hint = changes === 0 ? "nothing to change" : applies ? `${changes} to change` : `--apply changes ${changes}, --diff shows how`;
  return `${count(advices.length, "async task")}: ${measured} measured${byRule > 0 ? `, ${byRule} by rules of thumb` : ""}; ${hint}`;
}

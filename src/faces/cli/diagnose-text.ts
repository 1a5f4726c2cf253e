// A diagnosis as a person reads it: the verdict first, then its evidence, the repair, and what is not known.

import type { DiagnoseResult, LeftRunning, Unexplained } from "../../engine/diagnose.ts";
import type { Candidate, Diagnosis, Evidence, Subject } from "../../model/diagnosis.ts";
import { printable } from "../../model/printable.ts";
import type { Story } from "../../model/story.ts";
import { textOf } from "../../model/story.ts";
import { jobHead, jobLines, nextLine } from "./diagnose-host-text.ts";
import type { Style } from "./style.ts";
import { count, createStyle, labelled, wrap } from "./style.ts";

export interface Report {
  readonly log: string;
  readonly story: Story;
  readonly result: DiagnoseResult;
}

export interface DiagnosisOptions {
  readonly columns: number;
  readonly color: boolean;
  readonly directory: string;
  readonly many: boolean;
}

/** Evidence lines shown for a cause; more of the same do not help. */
const EVIDENCE_MAX = 6;

/** In: what was found in a log. Out: the text, ending in a line break. */
export function diagnosisText({ log, story, result }: Report, { columns, color, directory, many }: DiagnosisOptions): string {
  const style = createStyle(color);
  const head = many ? [style.bold(printable(log)), ""] : [];
  const look = { columns, style, directory };
  const failed = result.diagnoses.filter((diagnosis) => diagnosis.subject.failed).map((diagnosis) => block(diagnosis, look));
  const others = result.unexplained.map((each) => unexplainedText(each, look));
  const green = result.diagnoses.filter((diagnosis) => !diagnosis.subject.failed).map((diagnosis) => block(diagnosis, look));
  const blocks = [...failed, ...others, ...green];
  const gaps = story.gaps.map((gap) => labelled("note", printable(gap), look));
  const told = result.diagnoses.flatMap((diagnosis) => diagnosis.unknown.map(({ command }) => command));
  const left = result.leftRunning.filter(({ job: { jid } }) => !told.some((command) => command.includes(jid))).map((each) => leftText(each, look));
  const nothing = blocks.length + left.length === 0 ? [nothingText(story, columns)] : [];
  return `${[...head, ...blocks, ...left, ...nothing, ...gaps].join("\n")}\n`;
}

interface Look {
  readonly directory: string;
  readonly columns: number;
  readonly style: Style;
}

function nothingText(story: Story, columns: number): string {
  const jobs = story.jobs.length === 0 ? "No async job is to be seen in it" : `${count(story.jobs.length, "async job")} seen, none in trouble`;
  const verbosity = story.verbosity === 0 ? " Without -v the log does not show the results of tasks that went well; run with -v to see more." : "";
  return `${wrap(`Nothing failed in this log. ${jobs}.${verbosity}`, columns, "")}\n`;
}

function leftText({ job, now }: LeftRunning, look: Look): string {
  const quote = job.lastPoll ?? job.launch?.quote;
  const lines = [
    `${look.style.severity("warning").replace("warning", "CUT OFF")}  ${look.style.bold(printable(job.task?.name ?? job.jid))} on ${printable(job.host)}`,
    wrap("The log ends in the middle of the run (there is no PLAY RECAP). This job was running when it was last looked at, and may still be: nothing on the host stops it before its limit.", look.columns, "  "),
    ...(quote === undefined ? [] : [look.style.dim(clip(`       line ${quote.line}: ${printable(quote.text)}`, look.columns))]),
    ...jobLines(now, look),
    ...(now.some(({ state }) => state !== undefined) ? [] : tellLines(`ansible ${job.host} -m ansible.builtin.async_status -a "jid=${job.jid}"`, look)),
  ];
  return `${lines.join("\n")}\n`;
}

/** A command stands on a line of its own, whole: wrapped it would be two. */
function tellLines(command: string, { style }: Look): readonly string[] {
  return [labelled("", "tell with:", { columns: 80, style }), `         ${style.bold(printable(command))}`];
}

function block(diagnosis: Diagnosis, look: Look): string {
  return causeBlock(diagnosis, { head: `${subjectLine(diagnosis.subject, look)}${placeText(diagnosis, look)}`, look });
}

function causeBlock(diagnosis: Diagnosis, { head, look }: { readonly head: string; readonly look: Look }): string {
  const [first, ...ties] = diagnosis.causes;
  if (first === undefined) return "";
  const causes = ties.length === 0 ? causeLines(first, look) : tiedLines(diagnosis, look);
  const lines = [
    head,
    "",
    ...causes,
    ...jobLines(diagnosis.jobs, look),
    ...decidedLines(diagnosis, look),
    ...ruledOutLines(diagnosis, look),
    ...diagnosis.unknown.flatMap((unknown) => [labelled("?", printable(unknown.what), look), ...tellLines(unknown.command, look)]),
    ...(ties.length === 0 ? ["", labelled("do", printable(first.do), look), labelled("more", `longhaul explain ${first.mode}`, look)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** What the hosts were good for: without them it would have been a tie. */
function decidedLines({ openWithoutHosts }: Diagnosis, look: Look): readonly string[] {
  return openWithoutHosts.length === 0 ? [] : [labelled("note", `The log alone cannot tell ${openWithoutHosts.join(", ")} apart; the hosts do.`, look)];
}

/** Jobs that were asked about by their ids. */
export function jobsText(result: DiagnoseResult, options: Pick<DiagnosisOptions, "columns" | "color" | "directory">): string {
  const look = { directory: options.directory, columns: options.columns, style: createStyle(options.color) };
  const blocks = result.jobs.map((diagnosis) => {
    const head = jobHead(diagnosis, look);
    if (diagnosis.causes.length > 0) return causeBlock(diagnosis, { head, look });
    return `${[head, ...jobLines(diagnosis.jobs, look), ...seenLines(diagnosis, look), ...nextLine(diagnosis, look)].join("\n")}\n`;
  });
  return `${blocks.join("\n")}\n`;
}

function subjectLine(subject: Subject, { style }: Look): string {
  const hosts = [...new Set(subject.results.map((result) => printable(result.host)))];
  const shown = hosts.length > 3 ? `${hosts.slice(0, 3).join(", ")} and ${hosts.length - 3} more` : hosts.join(", ");
  const name = printable(subject.task.name === "" ? "the run" : subject.task.name);
  const ignored = subject.results.length > 0 && subject.results.every((result) => result.ignored);
  const state = subject.failed ? style.severity("error").replace("error", ignored ? "FAILED (ignored)" : "FAILED") : style.severity("warning").replace("warning", "GREEN, BUT");
  return `${state}  ${style.bold(name)}${shown === "" ? "" : ` on ${shown}`}`;
}

function placeText(diagnosis: Diagnosis, look: Look): string {
  return diagnosis.place === undefined ? "" : `\n  at ${pathText(diagnosis.place.file, look)}:${diagnosis.place.line}`;
}

function pathText(path: string, { directory }: Look): string {
  return printable(path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path);
}

/** Modes that one thing rules out are named together. */
function ruledOutLines(diagnosis: Pick<Diagnosis, "ruledOut">, look: Look): readonly string[] {
  const reasons = new Map<string, string[]>();
  for (const { mode, because } of diagnosis.ruledOut) {
    const reason = evidenceText(because);
    reasons.set(reason, [...(reasons.get(reason) ?? []), mode]);
  }
  return [...reasons].map(([reason, out]) => labelled("not", `${out.join(", ")}: ${reason}`, look));
}

/** The title with the mode's id behind it, or below it where the line is too short. */
function titleLine({ title, mode }: Candidate, { columns, style }: Look): string {
  const gap = title.length + mode.length + 6 > columns ? "\n  " : "  ";
  return `  ${style.bold(title)}${gap}${style.dim(`[${mode}]`)}`;
}

function causeLines(cause: Candidate, look: Look): readonly string[] {
  return [
    titleLine(cause, look),
    wrap(cause.why, look.columns, "  "),
    "",
    ...evidenceLines(cause.evidence, look),
    ...noteLines(cause, look),
  ];
}

function noteLines({ note }: Candidate, look: Look): readonly string[] {
  return note === undefined ? [] : [labelled("note", note, look)];
}

/** Causes that cannot be told apart: what speaks for all of them once, then each with what it alone has. */
function tiedLines({ causes, unknown, jobs }: Diagnosis, look: Look): readonly string[] {
  const [first] = causes;
  const key = (evidence: Evidence): string => evidenceText(evidence);
  const shared = (first?.evidence ?? []).filter((evidence) => causes.every((cause) => cause.evidence.some((each) => key(each) === key(evidence))));
  const isOwn = (evidence: Evidence): boolean => !shared.some((each) => key(each) === key(evidence));
  const others = [...new Set(unknown.flatMap(({ modes = [] }) => modes))].filter((mode) => !causes.some((cause) => cause.mode === mode));
  return [
    wrap(`${jobs.length === 0 ? "The log" : "Log and hosts"} cannot tell these ${causes.length} causes apart:`, look.columns, "  "),
    ...(shared.length === 0 ? [] : ["", ...evidenceLines(shared, look)]),
    "",
    ...causes.flatMap((cause) => [titleLine(cause, look), ...evidenceLines(cause.evidence.filter(isOwn), look), ...noteLines(cause, look), labelled("do", printable(cause.do), look), ""]),
    ...(others.length === 0 ? [] : [labelled("also", `Others are possible, of which the log shows nothing: ${others.join(", ")}.`, look), ""]),
  ];
}

function evidenceLines(evidence: readonly Evidence[], look: Look): readonly string[] {
  const lines = evidence.slice(0, EVIDENCE_MAX).flatMap((each) => {
    const says = each.host === undefined ? labelled("seen", printable(each.says), look) : labelled("host", printable(`${each.host}: ${each.says}`), look);
    if (each.quote !== undefined) return [says, look.style.dim(clip(`       line ${each.quote.line}: ${printable(each.quote.text)}`, look.columns))];
    if (each.place !== undefined) return [says, look.style.dim(`       ${pathText(each.place.file, look)}:${each.place.line}`)];
    return [says];
  });
  return evidence.length > EVIDENCE_MAX ? [...lines, look.style.dim(`       and ${evidence.length - EVIDENCE_MAX} more like these`)] : lines;
}

function evidenceText(evidence: Evidence): string {
  const where = evidence.quote === undefined ? "" : ` (line ${evidence.quote.line})`;
  const host = evidence.host === undefined ? "" : `host ${evidence.host}: `;
  return `${printable(`${host}${evidence.says}`)}${where}`;
}

/** What there is where no mode fits: what the hosts have kept, and why what the log had pointed to is not it. */
function seenLines({ seen, ruledOut }: Pick<Diagnosis, "seen" | "ruledOut">, look: Look): readonly string[] {
  return [...evidenceLines(seen, look), ...ruledOutLines({ ruledOut }, look)];
}

function unexplainedText({ subject, pointers, jobs, seen, ruledOut }: Unexplained, look: Look): string {
  const verdict = pointers.length === 0 ? "Not a failure of async that longhaul knows." : "longhaul has no verdict on this failure.";
  const shown = pointers.slice(0, POINTERS_MAX).flatMap(({ mode, what, place }) => [
    labelled("lint", printable(`${mode}: ${what}`), look),
    look.style.dim(`       ${pathText(place.file, look)}:${place.line}`),
  ]);
  const lines = [
    subjectLine(subject, look),
    wrap(`${verdict} What Ansible said:`, look.columns, "  "),
    ...saidLines(subject, look),
    ...jobLines(jobs, look),
    ...seenLines({ seen, ruledOut }, look),
    ...(shown.length === 0 ? [] : ["", wrap("longhaul lint finds this on the task, or on one whose register it reads. It need not be the cause:", look.columns, "  "), ...shown]),
    ...(pointers.length > POINTERS_MAX ? [look.style.dim(`       and ${pointers.length - POINTERS_MAX} more: longhaul lint`)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Findings of lint shown under a failure without a verdict. */
const POINTERS_MAX = 4;

/** Characters of a message that are shown: enough for every message of Ansible's own. */
const MESSAGE_MAX = 1500;

/** The line of the log where it fits; else its head, and its message in full below. */
function saidLines({ results: [result], error }: Subject, look: Look): readonly string[] {
  const quote = result?.quote ?? error?.quote;
  if (quote === undefined) return [];
  const line = `       line ${quote.line}: ${printable(quote.text)}`;
  const message = (result === undefined ? error?.message : textOf(result, "msg"))?.trim() ?? "";
  if (message === "" || line.length <= look.columns) return [look.style.dim(clip(line, look.columns))];
  const brace = line.indexOf(" => {");
  const head = brace === -1 ? `       line ${quote.line}:` : line.slice(0, brace);
  const rc = result?.fields["rc"];
  const cut = message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX)}… (line ${quote.line} of the log has the rest)` : message;
  const texts = [cut, ...(typeof rc === "number" ? [`rc ${rc}`] : [])];
  const lines = texts.join("\n").split("\n").filter((text) => text.trim() !== "");
  return [head, ...lines.map((text) => wrap(printable(text.trim()), look.columns, "         "))].map((each) => look.style.dim(each));
}

/** The fields of a result that prove something, the most telling first. */
const TELLING = ["msg", "failed_when_result", "rc", "finished", "attempts", "stderr", "cmd", "ansible_job_id"];

/** Quotes are cut to the terminal: the line number says where the whole is. Of a long result the fields that tell most are kept. */
function clip(text: string, columns: number): string {
  if (text.length <= columns) return text;
  const brace = text.indexOf("=> {");
  if (brace === -1) return `${text.slice(0, columns - 1)}…`;
  const head = text.slice(0, brace + "=> {".length);
  const fields = TELLING.flatMap((key) => {
    const at = text.indexOf(`"${key}": `, brace);
    return at === -1 ? [] : [{ at, field: fieldAt(text, at) }];
  });
  const kept: typeof fields = [];
  let length = head.length + 4;
  for (const each of fields) {
    if (length + each.field.length + 2 > columns && kept.length > 0) continue;
    kept.push(each);
    length += each.field.length + 2;
  }
  const short = `${head}… ${kept.toSorted((a, b) => a.at - b.at).map(({ field }) => field).join(", ")} …`;
  return short.length <= columns ? short : `${short.slice(0, columns - 1)}…`;
}

/** `"key": value` at a place, as far as the text goes. */
function fieldAt(text: string, at: number): string {
  const match = /^"\w+": (?:"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|[^,}]+)/.exec(text.slice(at));
  return match?.[0] ?? text.slice(at);
}

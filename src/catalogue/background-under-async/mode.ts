// A command line that puts its program in the background itself, under async: the job is over when the shell is.

import type { Edit, Fix } from "../../model/finding.ts";
import { deltaSeconds, leftBy } from "../../model/host-left.ts";
import { jobsOnHosts, onHost, whereFound } from "../../model/host-traces.ts";
import { limitAbove, limitEdit, ownDurationOf, shellLineOf } from "../../model/limits.ts";
import type { LintView, Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import type { Pair, Task } from "../../model/playbook.ts";
import { isPolled, numberOf, titleOf } from "../../model/playbook.ts";
import { retriesEdits, waitSecondsOf } from "../../model/repairs.ts";
import type { ShellLine } from "../../model/shell.ts";
import { readShell } from "../../model/shell.ts";
import { jidOf, numberOf as resultNumber, textOf } from "../../model/story.ts";

const lint: LintView = (flow) => flow.tasks.filter(({ action }) => action?.module === "shell").flatMap((task) => {
  const limitSeconds = numberOf(task.asyncLimit);
  const line = shellLineOf(task);
  const node = task.action?.command?.node;
  // A limit that is no number is meant as one; one that only the run knows may be 0.
  const hasLimit = limitSeconds === undefined ? task.asyncLimit.kind === "invalid" : limitSeconds !== 0;
  if (!hasLimit || line === undefined || node === undefined || !leavesProgram(line)) return [];
  const pairs = flow.pairs.filter(({ launch }) => launch === task);
  const isWaitedFor = isPolled(task) || pairs.length > 0;
  // A daemon that something waits for is started on purpose.
  if (!isWaitedFor && flow.tasks.some((other) => other.flowIndex > task.flowIndex && other.action?.module.startsWith("wait_for") === true)) return [];
  const seconds = limitSeconds === undefined ? "" : ` of ${limitSeconds} s`;
  const fix = limitSeconds === undefined ? undefined : fixOf(task, { line, pairs, limitSeconds });
  const who = pairs[0] === undefined ? "Ansible" : `"${titleOf(pairs[0].status)}"`;
  return [{
    severity: isWaitedFor ? ("error" as const) : ("info" as const),
    source: task.source,
    span: node.span,
    task: titleOf(task),
    what: `The shell puts ${programOf(line)} in the background, so the job ends at once with rc 0.`,
    why: isWaitedFor
      ? `${who} waits for the shell only, and reports success while the program still runs. If it fails later, nobody sees it, and the limit${seconds} does not hold for it.`
      : `async has put it in the background already. The limit${seconds} does not hold for the program, and if it fails nobody sees it. A service that is to run on belongs to systemd.`,
    do: "Leave nohup, setsid and & away: the job then is the program itself.",
    ...(fix === undefined ? {} : { fix }),
  }];
});

const RESTARTS = /\b(?:reboot|shutdown|poweroff|halt|init\s+6|kexec)\b/;

/** True where a program is left running: put in the background and neither waited for nor stopped by what follows. */
function leavesProgram({ commands }: ShellLine): boolean {
  const last = commands.findLastIndex(({ operator }) => operator === "&");
  if (last === -1 || commands.some(({ words }) => words.some(({ text }) => RESTARTS.test(text)))) return false;
  // A function's `&` may never be reached; `wait`, `kill` and `fg` look after what was started.
  return !commands.slice(last + 1).some(({ words }) => words.some(({ text }) => /^(?:wait|kill|pkill|fg)$/.test(text) || text === "}"));
}

const DETACHERS = /^(?:\/usr\/bin\/)?(?:nohup|setsid)$/;

function programOf({ commands }: ShellLine): string {
  const words = commands.findLast(({ operator }) => operator === "&")?.words ?? [];
  const program = words.find(({ text }) => !DETACHERS.test(text) && !text.startsWith("-"));
  return program === undefined ? "a program" : `\`${program.text}\``;
}

interface Repair {
  readonly line: ShellLine;
  readonly pairs: readonly Pair[];
  readonly limitSeconds: number;
}

/** Only where somebody waits for the job: a program that nobody waits for may be meant to outlive the limit. */
function fixOf(task: Task, { line, pairs, limitSeconds }: Repair): Fix | undefined {
  const stripped = strippedEdits(task, line);
  const waits = pairs.filter(({ status }) => status.until.length > 0).map(({ status }) => ({ status, seconds: waitSecondsOf(status) }));
  const own = ownDurationOf(withoutBackground(task, line));
  const wanted = Math.max(limitSeconds, ...waits.map(({ seconds }) => seconds ?? 0), own === undefined || own.upTo <= limitSeconds ? 0 : limitAbove(own.upTo));
  const raised = wanted > limitSeconds ? limitEdit(task, wanted) : undefined;
  if (stripped === undefined || (wanted > limitSeconds && raised === undefined)) return undefined;
  const short = waits.filter(({ seconds }) => seconds !== undefined && seconds > 0 && seconds >= limitSeconds && seconds < wanted);
  const longer = short.map(({ status }) => retriesEdits(status, wanted));
  if (longer.includes(undefined)) return undefined;
  if (!isPolled(task) && waits.length === 0) return undefined;
  const also = raised === undefined ? "" : `, and set async to ${wanted}, ${waits.length > 0 ? "as long as it is waited for" : "which holds its own time"}`;
  return {
    safe: true,
    says: `take the program out of the background${also}`,
    edits: [...stripped, ...(raised === undefined ? [] : [raised]), ...longer.flatMap((edits) => edits ?? [])],
  };
}

/** The task as it would be, for what its command says of its own duration. */
function withoutBackground(task: Task, line: ShellLine): Task {
  const { action } = task;
  const words = (line.commands[0]?.words ?? []).filter(({ text }) => !DETACHERS.test(text)).map(({ text }) => text);
  if (action?.command === undefined) return task;
  return { ...task, action: { ...action, command: { ...action.command, text: words.join(" ") } } };
}

/** Takes `nohup` and the last `&` away where they stand around one simple command; redirections stay. */
function strippedEdits(task: Task, line: ShellLine): readonly Edit[] | undefined {
  const node = task.action?.command?.node;
  const [command, ...rest] = line.commands;
  if (node === undefined || command === undefined || node.shared || task.map.shared) return undefined;
  if (command.operator !== "&" || command.words.length === 0 || rest.some(({ words }) => words[0]?.text !== "disown")) return undefined;
  const { start, end } = node.span;
  const text = task.source.text.slice(start, end);
  // Block headers and quotes around it stay as they are; anything else before or after is left to a person.
  const tail = /[ \t]*(?:\r?\n[ \t]*)?&[ \t]*(?:;?[ \t]*disown(?:[ \t]+-\w+)?[ \t]*)?(?=["']?\s*$)/.exec(text);
  if (tail === null) return undefined;
  const tailEdit = { file: task.source.path, span: { start: start + tail.index, end: start + tail.index + tail[0].length }, text: "" };
  const edits: Edit[] = [tailEdit];
  const detached = command.words.findIndex(({ text: word }) => !DETACHERS.test(word));
  if (detached === 0) return edits;
  const head = /^((?:["']|[|>][-+\d]*[ \t]*\r?\n)?\s*)((?:(?:\/usr\/bin\/)?(?:nohup|setsid)[ \t]+)+)(?!-)/.exec(text);
  if (head === null) return undefined;
  const at = start + (head[1] ?? "").length;
  const headEdit = { file: task.source.path, span: { start: at, end: at + (head[2] ?? "").length }, text: "" };
  const kept = task.source.text.slice(headEdit.span.end, tailEdit.span.start);
  if (node.style !== "plain" || /^[^[\]{}"'*&!%@`#|>?:,-]/.test(kept)) return [headEdit, tailEdit];
  // What stands first now would be read as something else than plain text: `{{ dir }}/bin/x` is no value without quotes.
  const quote = ['"', "'"].find((each) => !kept.includes(each) && !kept.includes("\\"));
  return quote === undefined ? undefined : [{ ...headEdit, text: quote }, { ...tailEdit, text: quote }];
}

const SHORT_SECONDS = 5;

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    const command = textOf(result, "cmd");
    if (command === undefined || jidOf(result) === undefined || resultNumber(result, "finished") !== 1) continue;
    const line = readShell(command);
    if (!leavesProgram(line)) continue;
    const seconds = deltaSeconds(textOf(result, "delta"));
    const good = resultNumber(result, "rc") === 0;
    const isShort = good && seconds !== undefined && seconds < SHORT_SECONDS;
    const short = isShort ? ` It was over after ${seconds.toFixed(2)} s with rc 0, which is the shell's own; nothing is known of the program.` : "";
    return {
      supports: [{ quote: result.quote, says: `The command line puts ${programOf(line)} in the background: the job is the shell around it.${short}` }],
      against: good ? [] : [{ quote: result.quote, says: "The shell itself failed." }],
      unknown: [{ what: "Whether the program still runs, or how it ended.", command: `ansible ${result.delegatedTo ?? result.host} -m ansible.builtin.command -a "ps -eo pid,ppid,etime,args"` }],
    };
  }
  return undefined;
};

const probe: ProbeView = (subject, story, hosts) => {
  // A failure has another cause.
  for (const job of subject.failed ? [] : jobsOnHosts(subject, story, hosts)) {
    const found = whereFound(job);
    const tookSeconds = deltaSeconds(found?.sighting.report.delta);
    if (found?.sighting.state !== "finished" || tookSeconds === undefined) continue;
    const left = leftBy(found, { tookSeconds }).filter(({ isSurelyOf, argv }) => isSurelyOf || isNamedIn(argv, found.sighting.report.cmd ?? ""));
    if (left.length === 0) continue;
    const { host, sighting: { report } } = found;
    return {
      supports: [
        onHost(host.host, `The job has ended with rc ${report.rc ?? 0} after ${tookSeconds.toFixed(2)} s${report.cmd === null ? "" : `; its command was: ${report.cmd.slice(0, COMMAND_MAX)}`}.`),
        onHost(host.host, `${left.map(({ text }) => text).join(", ")} ${left.length === 1 ? "was" : "were"} started by it, and ${left.length === 1 ? "runs" : "run"} still.`),
      ],
      against: [],
    };
  }
  return undefined;
};

/** Another job of the same user may have started it: the command line of this one has to name it. */
function isNamedIn(argv: string, command: string): boolean {
  const words = argv.split(/\s+/).map((word) => word.slice(word.lastIndexOf("/") + 1));
  return /&|\b(?:nohup|setsid|disown|daemonize)\b/.test(command) && words.some((word) => word.length > 2 && !/^(?:ba|da|z|k)?sh$|^python[\d.]*$/.test(word) && command.includes(word));
}

/** How much of a command line is repeated. */
const COMMAND_MAX = 200;

export const mode: Mode = {
  id: "background-under-async",
  title: "A shell puts its program in the background of a job",
  why: "async runs the shell in the background; with nohup or & the shell leaves its program behind and ends at once. The job is then over with rc 0 while the program runs on, outside the limit, and its failure is never seen.",
  do: "Run the program in the foreground of the job: without nohup, setsid and &.",
  messages: [],
  lint,
  symptom,
  probe,
  fix: "safe",
};

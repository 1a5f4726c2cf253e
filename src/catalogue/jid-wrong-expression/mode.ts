// The jid of a status task is no job id: a whole result, a key that is not there, one jid for a loop of launches, text without braces, or none at all.

import type { Edit, Finding, Fix } from "../../model/finding.ts";
import { statusEvidence, untilErrorOf } from "../../model/job-answers.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isDetached, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { jidOf as jidOfResult, textOf } from "../../model/story.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { addKeywords, removeKeyword, replaceNode } from "../../model/task-edits.ts";
import type { Path, WrittenJid } from "./jid.ts";
import { bracedPath, jidEdit, jidOf } from "./jid.ts";
import { argumentsWithoutJid, renamed } from "./missing.ts";

type Draft = Omit<Finding, "mode">;

const JID_KEY = "ansible_job_id";
const NOT_FOUND = "Ansible looks for a job file of that very name, finds none and fails with `could not find job`, while the job goes on.";

const lint: LintView = (flow) => flow.tasks.filter((task) => task.action?.module === "async_status").flatMap((status) => {
  const jid = jidOf(status);
  if (jid === undefined) return missing(flow, status);
  const mistake = jid.braced ? mistakeIn(flow, status, jid) : plainText(flow, status, jid);
  if (mistake === undefined) return [];
  const { launch, fix, ...texts } = mistake;
  return [{
    severity: "error" as const,
    source: status.source,
    span: jid.node.span,
    task: titleOf(status),
    ...texts,
    ...(launch === undefined ? {} : { related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the job" }] }),
    ...(fix === undefined ? {} : { fix }),
  }];
});

/** `async_status:` without a jid, or with one under another name. */
function missing(flow: Flow, status: Task): readonly Draft[] {
  const given = argumentsWithoutJid(flow, status);
  if (given === undefined || status.action === undefined) return [];
  const [wrong, value] = given.find(([key]) => key !== "mode") ?? [];
  const hasId = value?.kind === "scalar" && value.raw.includes(JID_KEY);
  const expression = status.loop === undefined ? `REGISTER.${JID_KEY}` : `${status.loopVariable}.${JID_KEY}`;
  const fix = wrong !== undefined && hasId ? fixOf(`write jid instead of ${wrong}`, true, [renamed(status, wrong, "jid")]) : undefined;
  return [{
    severity: "error",
    source: status.source,
    span: status.action.keySpan,
    task: titleOf(status),
    what: wrong === undefined ? "The task has no `jid`: it does not say which job it asks about." : `The task has no \`jid\`: \`${wrong}\` is no argument of async_status.`,
    why: "Ansible fails with `missing required arguments: jid` before it has looked at any job, while the job goes on with nobody looking.",
    do: `Write ${hasId ? "`jid`" : `\`jid: "{{ ${expression} }}"\``}${wrong === undefined ? "" : ` instead of \`${wrong}\``}.`,
    ...(fix === undefined ? {} : { fix }),
  }];
}

interface Mistake extends Pick<Draft, "what" | "why" | "do"> {
  readonly launch: Task | undefined;
  readonly fix: Fix | undefined;
}

/** `jid: job.ansible_job_id`, without braces. */
function plainText(flow: Flow, status: Task, jid: WrittenJid): Mistake | undefined {
  const { root, steps, text } = jid.path;
  const isJid = steps.at(-1) === JID_KEY;
  const launch = launchOf(flow, status, root);
  if (!isJid && (launch === undefined || steps.length > 0)) return undefined;
  const expression = isJid ? text : `${text}.${JID_KEY}`;
  return {
    what: `The jid is the text \`${text}\`: without braces it is no variable.`,
    why: NOT_FOUND,
    do: `Write \`jid: "{{ ${expression} }}"\`.`,
    launch,
    fix: fixOf("write the jid in braces", true, [jidEdit(status, jid, expression)]),
  };
}

function mistakeIn(flow: Flow, status: Task, jid: WrittenJid): Mistake | undefined {
  const { path } = jid;
  if (status.loop !== undefined && path.root === status.loopVariable) return ofItem(flow, status, jid);
  const launch = launchOf(flow, status, path.root);
  if (launch === undefined) return undefined;
  if (launch.loop === undefined) return ofRegister(launch, { status, jid, subject: `\`${path.root}\`` });
  const [first, second, ...more] = path.steps;
  if (first === "results" && typeof second === "number") {
    return more.length > 0 ? undefined : wholeResult(launch, { status, jid, subject: `\`${path.text}\`` });
  }
  if (first === "results" && second !== undefined) return undefined;
  return ofLoopedRegister(launch, { status, jid, subject: `\`${path.root}\`` });
}

interface Place {
  readonly status: Task;
  readonly jid: WrittenJid;
  /** What the register or the item is called in a sentence. */
  readonly subject: string;
}

/** `job` and `job.id` instead of `job.ansible_job_id`. */
function ofRegister(launch: Task, place: Place): Mistake | undefined {
  const { steps } = place.jid.path;
  if (steps.length === 0) return wholeResult(launch, place);
  const [key, ...more] = steps;
  return typeof key === "string" && more.length === 0 ? wrongKey(launch, place, key) : undefined;
}

function wholeResult(launch: Task, { status, jid, subject }: Place): Mistake {
  const expression = `${jid.path.text}.${JID_KEY}`;
  return {
    what: `The jid is all of ${subject}, the result of "${titleOf(launch)}", not the job id in it.`,
    why: NOT_FOUND,
    do: `Write \`jid: "{{ ${expression} }}"\`.`,
    launch,
    fix: fixOf(`take ${expression}`, true, [jidEdit(status, jid, expression)]),
  };
}

/** What a launch that returns at once gives (seen on 2.14.18 to 2.21.5); results_file is a path that works as a jid too. */
const LAUNCH_KEYS = new Set([JID_KEY, "results_file", "warnings", "deprecations", "ansible_facts", "diff", "attempts", "item", "ansible_loop_var", "ansible_loop", "ansible_index_var"]);

function wrongKey(launch: Task, { status, jid, subject }: Place, key: string): Mistake | undefined {
  // An action plugin of a collection may give keys of its own.
  if (LAUNCH_KEYS.has(key) || key === launch.loopVariable || launch.action?.module.includes(".") !== false) return undefined;
  const known = ["started", "finished", "changed", "failed"].includes(key);
  const expression = `${jid.path.root}.${JID_KEY}`;
  return {
    what: known ? `\`${jid.path.text}\` is no job id.` : `${subject}, the result of "${titleOf(launch)}", has no \`${key}\`: the job id is in ${JID_KEY}.`,
    why: known ? NOT_FOUND : "The task fails on the undefined variable before it has looked, while the job goes on with nobody looking.",
    do: `Write \`jid: "{{ ${expression} }}"\`.`,
    launch,
    fix: fixOf(`take ${expression}`, true, [jidEdit(status, jid, expression)]),
  };
}

/** The register of a launch in a loop has no job id itself: each item of its `results` has one. */
function ofLoopedRegister(launch: Task, { status, jid, subject }: Place): Mistake {
  const { root } = jid.path;
  const overResults = isResultsOf(bracedPath(status.loop?.value), root);
  const loop = `{{ ${root}.results${launch.when.length > 0 ? ` | selectattr('${JID_KEY}', 'defined') | list` : ""} }}`;
  const looped = overResults ? [] : [addKeywords(status, status.action?.written ?? "", [`loop: "${loop}"`])];
  const edits = status.loop === undefined || overResults ? [jidEdit(status, jid, `${status.loopVariable}.${JID_KEY}`), ...looped] : [undefined];
  return {
    what: `"${titleOf(launch)}" starts a job for each item of its loop: ${subject} has no job id itself.`,
    why: "The ids are in the items of its results. This task fails before it has looked at any job, while the jobs go on with nobody looking.",
    do: `Loop over \`"${loop}"\` with \`jid: "{{ ${status.loopVariable}.${JID_KEY} }}"\`.`,
    launch,
    // Host and user of a launch may differ from item to item, and later tasks would find the ends in results.
    fix: namesItem(launch) ? undefined : fixOf("ask about the job of each item", overResults, edits),
  };
}

function namesItem(launch: Task): boolean {
  const keys = ["delegate_to", "become_user", "vars", "remote_user"];
  return keys.some((key) => {
    const node = launch.keywords.get(key)?.node;
    return node !== undefined && launch.source.text.slice(node.span.start, node.span.end).includes(launch.loopVariable);
  });
}

/** The jid is taken from the item of the status task's own loop. */
function ofItem(flow: Flow, status: Task, jid: WrittenJid): Mistake | undefined {
  const { loop } = status;
  if (loop === undefined || !["loop", "with_items"].includes(loop.key)) return undefined;
  const values = loop.value.kind === "list" ? loop.value.items : [loop.value];
  const paths = values.map((value) => bracedPath(value));
  const [path] = paths;
  const launches = paths.map((each) => (each === undefined ? undefined : launchOf(flow, status, each.root)));
  const [launch] = launches;
  if (path === undefined || launch === undefined || launches.some((each) => each === undefined)) return undefined;
  const place: Place = { status, jid, subject: `\`${status.loopVariable}\`` };
  const areItems = loop.value.kind === "scalar" && isResultsOf(path, path.root);
  const areRegisters = loop.value.kind === "list" && paths.every((each) => each?.steps.length === 0) && launches.every((each) => each?.loop === undefined);
  if ((areItems && launch.loop !== undefined) || areRegisters) return ofRegister(launch, place);
  if (areItems) return noResults(launch, place);
  const isWholeLoop = loop.value.kind === "scalar" && path.steps.length === 0 && launch.loop !== undefined;
  return isWholeLoop ? loopOverRegister(launch, place, path.root) : undefined;
}

/** `loop: "{{ job.results }}"` of a launch without a loop. */
function noResults(launch: Task, { status, jid }: Place): Mistake {
  const root = bracedPath(status.loop?.value)?.root ?? "";
  return {
    what: `"${titleOf(launch)}" has no loop: \`${root}\` has no results to loop over.`,
    why: "The task fails on the undefined variable before it has looked, while the job goes on with nobody looking.",
    do: `Drop the loop and write \`jid: "{{ ${root}.${JID_KEY} }}"\`.`,
    launch,
    fix: fixOf("drop the loop", false, [jidEdit(status, jid, `${root}.${JID_KEY}`), removeKeyword(status, status.loop?.key ?? "")]),
  };
}

/** `loop: "{{ jobs }}"` instead of its results. */
function loopOverRegister(launch: Task, { status }: Place, root: string): Mistake {
  const node = status.loop?.value;
  return {
    what: `Loops over \`${root}\` itself, not over the results in it.`,
    why: `"${titleOf(launch)}" has a loop: its register is one record, with an item for each job in results. The task fails before it has looked at any job, while the jobs go on.`,
    do: `Loop over \`"{{ ${root}.results }}"\`.`,
    launch,
    fix: fixOf(`loop over ${root}.results`, true, [node === undefined ? undefined : replaceNode(status, node, `"{{ ${root}.results }}"`)]),
  };
}

function isResultsOf(path: Path | undefined, root: string): boolean {
  return path?.root === root && path.steps.length === 1 && path.steps[0] === "results";
}

/** The launch that a register surely comes from: the tasks that set it are all launches of one kind that return at once. */
function launchOf(flow: Flow, status: Task, register: string): Task | undefined {
  const before = flow.tasks.filter((task) => task.flowIndex < status.flowIndex);
  const setting = before.filter((task) => task.register === register);
  const last = setting.at(-1);
  if (last === undefined || !setting.every((task) => isDetached(task) && (task.loop === undefined) === (last.loop === undefined))) return undefined;
  const isOverwritten = before.some((task) => task.action?.module === "set_fact" && task.action.args.has(register));
  const vars = status.keywords.get("vars")?.node;
  const isShadowed = vars?.kind === "map" && vars.fields.some((field) => field.key === register);
  return isOverwritten || isShadowed ? undefined : last;
}

function fixOf(says: string, safe: boolean, edits: readonly (Edit | undefined)[]): Fix | undefined {
  const all = allEdits(edits);
  return all === undefined ? undefined : { safe, says, edits: all };
}

const symptom: SymptomView = (subject, story) => {
  const [result] = subject.results;
  if (!subject.failed || result === undefined) return undefined;
  const message = textOf(result, "msg") ?? "";
  if (message.includes("could not find job")) return ofName(result);
  if (message.includes("missing required arguments: jid")) {
    const status = statusEvidence(story, result);
    return { supports: [{ quote: result.quote, says: "The task was given no jid." }, ...(status === undefined ? [] : [status])], against: [] };
  }
  const key = /has no attribute '(\w+)'/.exec(message)?.[1];
  if (key === undefined) return undefined;
  return key === JID_KEY ? ofMissingId(result, story) : ofKey(result, { key, message, story });
};

/** The job file was looked for under a name that no job has. */
function ofName(result: LoggedResult): ReturnType<SymptomView> {
  const jid = jidOfResult(result) ?? "";
  const isWhole = /^[[{]/.test(jid) && jid.includes(JID_KEY);
  if (!isWhole && (/^j\d+\.\d+$/.test(jid) || !/^[A-Za-z_]\w*(?:\.\w+|\[['"]?\w+['"]?\])*$/.test(jid))) return undefined;
  const says = isWhole ? "The jid is a whole result: the job id is inside it, in ansible_job_id." : `The jid is the text ${jid}, which looks like a variable without braces.`;
  return { supports: [{ quote: result.quote, says: "Ansible looked for a job file of that name, and no job is called so." }, { quote: result.quote, says }], against: [] };
}

/** Keys that people look for the job id in; any other undefined key may be another mistake. */
const GUESSED = new Set(["jid", "job_id", "id", "job", "ansible_jid", "async_job_id", "async_jid", "ansible_async_id", "jobid", "results"]);

function ofKey(result: LoggedResult, { key, message, story }: { readonly key: string; readonly message: string; readonly story: Story }): ReturnType<SymptomView> {
  // A key that an until or a when misses says nothing of the jid.
  if (untilErrorOf(result) !== undefined) return undefined;
  const named = /Error while resolving value for 'jid'/.test(message);
  const status = statusEvidence(story, result);
  if (!named && !(GUESSED.has(key) && status !== undefined && /undefined variable|no attribute 'results'/.test(message))) return undefined;
  return {
    supports: [
      { quote: result.quote, says: `The ${key === "results" ? "loop" : "jid"} is taken from \`${key}\`, which the result of a launch does not have.` },
      ...(status === undefined ? [] : [status]),
    ],
    against: [],
  };
}

/** The launch had a loop and nothing of it was skipped: then the register has no id, but its items have. */
function ofMissingId(result: LoggedResult, story: Story): ReturnType<SymptomView> {
  const looped = story.jobs.map((job) => job.launch).find((launch) => {
    return launch?.item !== undefined && launch.host === result.host && launch.task !== result.task && launch.quote.line < result.quote.line;
  });
  const skipped = /'skipped': True|skip_reason/.test(result.item ?? "") || story.skips.some((skip) => skip.host === result.host);
  if (looped === undefined || skipped || story.checkMode || result.item !== undefined) return undefined;
  return {
    supports: [
      { quote: result.quote, says: "The task was given a register that has no job id." },
      { quote: looped.quote, says: `"${looped.task.name}" had started a job for each item of a loop: the ids are in the items of its results.` },
    ],
    against: [],
    do: "Loop over `REGISTER.results` with `jid: \"{{ item.ansible_job_id }}\"`. The jobs may still be running: look before you start them again.",
  };
}

export const mode: Mode = {
  id: "jid-wrong-expression",
  title: "The jid of the status task is not the id of a job",
  why: "async_status wants REGISTER.ansible_job_id of the launch, or item.ansible_job_id over REGISTER.results where the launch has a loop. Anything else is an undefined variable, or the name of a job file that does not exist, and without a jid it does not look at all; the job goes on with nobody looking.",
  do: "Write `jid: \"{{ REGISTER.ansible_job_id }}\"`; for a launch in a loop, loop over REGISTER.results and take item.ansible_job_id.",
  messages: [
    { text: "could not find job" },
    { text: "missing required arguments: jid" },
    { text: "The task includes an option with an undefined variable. The error was: 'dict object' has no attribute '*'", cores: "2.14 to 2.18" },
    { text: "Error while resolving value for 'jid': object of type 'dict' has no attribute '*'", cores: "2.19 and newer" },
  ],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; a host shows only a job that nobody waits for"),
  fix: "safe or needs-a-person",
};

// async or poll on a play, a block or an include: they are keywords of a task, and Ansible refuses them anywhere else.

import type { Fix } from "../../model/finding.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { DYNAMIC_INCLUDES, isStatus, ownField, tasksNaming } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { addKeywords, removeKeyword } from "../../model/task-edits.ts";
import type { SourceText, YamlField, YamlMap } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";

const KEYS = ["async", "async_val", "poll"] as const;

interface Place {
  readonly source: SourceText;
  readonly map: YamlMap;
  /** What it is, with its article. */
  readonly what: string;
  /** When Ansible sees it. */
  readonly seen: "first" | "when read" | "when reached";
}

const lint: LintView = (flow) => placesIn(flow).flatMap((place) => {
  const fields = KEYS.flatMap((key) => fieldOf(place.map, key) ?? []);
  const [field] = fields;
  if (field === undefined) return [];
  const keys = fields.map(({ key }) => key).join(" and ");
  const fix = fixOf(flow, place, fields);
  const name = fieldOf(place.map, "name")?.value;
  return [{
    severity: "error" as const,
    source: place.source,
    span: { start: field.keySpan.start, end: field.value.span.end },
    ...(name?.kind === "scalar" && place.seen !== "when reached" ? { task: name.raw } : {}),
    what: `Ansible refuses ${keys} on ${place.what}.`,
    why: `These are keywords of a single task. ${SEEN[place.seen]}`,
    do: "Put async and poll on the tasks that take long. A row of tasks cannot be one job: give the row to a script, and start that.",
    ...(fix === undefined ? {} : { fix }),
  }];
});

const SEEN = {
  first: "Ansible ends with an error when it reads the playbook, before anything is run.",
  "when read": "Ansible ends with an error when it reads this file: at the start of the run, or, where the file is included, in the middle of it.",
  "when reached": "The syntax check lets it pass, but the run ends with an error when the include is reached, with half of the play done.",
} as const;

function placesIn({ play, source, blocks, tasks }: Flow): readonly Place[] {
  return [
    ...(play === undefined ? [] : [{ source, map: play, what: "a play", seen: "first" as const }]),
    ...blocks.map((block) => ({ source: block.source, map: block.map, what: block.isApply ? "what an include applies" : "a block", seen: block.isApply ? ("when reached" as const) : ("when read" as const) })),
    ...tasks.filter(({ action }) => DYNAMIC_INCLUDES.has(action?.module ?? "")).map((task) => ({ source: task.source, map: task.map, what: task.action?.written ?? "", seen: "when read" as const })),
  ];
}

function fixOf(flow: Flow, place: Place, fields: readonly YamlField[]): Fix | undefined {
  const removed = fields.map(({ key }) => removeKeyword(place, key));
  const only = onlyTask(flow, place);
  const asked = askedFor(flow, place);
  if (only !== undefined && canTake(only) && (asked || !isDetached(place.map))) {
    const lines = fields.map((field) => place.source.text.slice(field.keySpan.start, field.value.span.end).trimEnd());
    const edits = allEdits([...removed, addKeywords(only, "", lines)]);
    return edits === undefined ? undefined : { safe: true, says: "move them to the only task of the block", edits };
  }
  const edits = asked ? undefined : allEdits(removed);
  return edits === undefined ? undefined : { safe: false, says: "drop them: the tasks run in the foreground", edits };
}

/** The task of a block that holds nothing else. */
function onlyTask({ tasks }: Flow, { map }: Place): Task | undefined {
  const list = fieldOf(map, "block")?.value;
  const isAlone = list?.kind === "list" && list.items.length === 1 && fieldOf(map, "rescue") === undefined && fieldOf(map, "always") === undefined;
  return isAlone ? tasks.find((task) => task.list === list) : undefined;
}

/** Whether a task is known to work in the background; other actions may refuse it. */
function canTake(task: Task): boolean {
  return (task.action?.module === "command" || task.action?.module === "shell") && KEYS.every((key) => ownField(task, key) === undefined);
}

/** Nobody would look at a job that is left to itself. */
function isDetached(map: YamlMap): boolean {
  const poll = fieldOf(map, "poll")?.value;
  return poll !== undefined && !(poll.kind === "scalar" && typeof poll.value === "number" && poll.value > 0);
}

/** A status task asks for the job of a task inside: to drop async would leave it without one. */
function askedFor(flow: Flow, { source, map }: Place): boolean {
  const inside = flow.tasks.filter((task) => task.source === source && task.map.span.start >= map.span.start && task.map.span.end <= map.span.end);
  return inside.some(({ register }) => register !== undefined && tasksNaming(flow, register).some(isStatus));
}

const REFUSED = /'(async|async_val|poll)' is not a valid attribute for an? (Block|Play|TaskInclude|IncludeRole|PlaybookInclude|RoleInclude|HandlerTaskInclude)\b/;
const NAMES: Readonly<Record<string, string>> = {
  Block: "a block (or the apply of an include)", Play: "a play", TaskInclude: "an include_tasks", HandlerTaskInclude: "an include_tasks",
  IncludeRole: "an include_role", PlaybookInclude: "an import_playbook", RoleInclude: "an entry of roles",
};

const symptom: SymptomView = ({ error }) => {
  const refused = REFUSED.exec(error?.message ?? "");
  if (error === undefined || refused === null) return undefined;
  return { supports: [{ quote: error.quote, says: `Ansible found ${refused[1]} on ${NAMES[refused[2] ?? ""]} and ended there.` }], against: [] };
};

export const mode: Mode = {
  id: "async-on-block",
  title: "async on a play, a block or an include",
  why: "async and poll are keywords of a single task. On a play, a block, an include_tasks or an include_role Ansible refuses them and ends with an error; under apply it does so only when the include is reached.",
  do: "Put async and poll on the tasks that take long. A row of tasks cannot be one job: give the row to a script, and start that.",
  messages: [
    { text: "'async' is not a valid attribute for a Block" },
    { text: "'async' is not a valid attribute for a Play" },
    { text: "'async' is not a valid attribute for a TaskInclude" },
    { text: "'poll' is not a valid attribute for a *" },
  ],
  lint,
  symptom,
  probe: cannot("nothing was started on the host"),
  atLoad: true,
  fix: "safe or needs-a-person",
};

// What a login gives and a task has not: bash, its profile, and variables that are expanded. Looked for on tasks with async.

import type { Edit, Fix } from "../../model/finding.ts";
import { executableOf, shellLineOf } from "../../model/limits.ts";
import type { LintView, Mode } from "../../model/mode.ts";
import type { Flow, Keyword, Task } from "../../model/playbook.ts";
import { isLaunch, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import type { ShellCommand } from "../../model/shell.ts";
import { addArgument, replaceNode } from "../../model/task-edits.ts";
import type { YamlScalar } from "../../model/yaml.ts";
import { probe } from "./probe.ts";
import { symptom } from "./symptom.ts";

type Found = ReturnType<LintView>[number];

const lint: LintView = (flow) => flow.tasks.filter(isLaunch).flatMap((task) => [...sourceFindings(flow, task), ...environmentFindings(flow, task)]);

function sourceFindings(flow: Flow, task: Task): readonly Found[] {
  const line = shellLineOf(task);
  const node = task.action?.command?.node;
  if (line === undefined || node === undefined) return [];
  const place = { source: task.source, span: node.span, task: titleOf(task) };
  if (task.action?.module === "command") {
    const first = line.commands[0]?.words[0]?.text;
    if (first !== "source" && first !== ".") return [];
    const fix = shellFix(task);
    return [{
      ...place,
      severity: "error",
      what: `\`${first}\` is a word of the shell, and command runs without a shell.`,
      why: "There is no program of that name, so the task fails whenever it runs.",
      do: "Use the shell module with executable: /bin/bash.",
      ...(fix === undefined ? {} : { fix }),
    }];
  }
  const executable = executableOf(task, line);
  if (!line.commands.some(isSource) || /(?:ba|z|k)sh$/.test(executable ?? "") || setsShell(task) || setsShell(flow)) return [];
  const edits = executable === undefined ? allEdits([addArgument(task, "executable", "/bin/bash")]) : undefined;
  return [{
    ...place,
    severity: "warning",
    condition: "/bin/sh is not bash (Debian, Ubuntu, Alpine)",
    what: "`source` is a word of bash, but /bin/sh runs this command.",
    why: "Where /bin/sh is not bash (Debian, Ubuntu, Alpine) it answers `source: not found`. The task fails with rc 127, or, after a ; or a line break, goes on without the settings and may end with rc 0.",
    do: "Set executable: /bin/bash for this task.",
    ...(edits === undefined ? {} : { fix: { safe: true, says: "let /bin/bash run the command", edits } }),
  }];
}

function isSource({ words }: ShellCommand): boolean {
  const [first, second] = words;
  return first?.text === "source" || (/^(?:then|else|do|if|\{|!)$/.test(first?.text ?? "") && second?.text === "source");
}

/** Another shell may be set for the whole play, out of sight of the task. */
function setsShell({ source }: { readonly source: Task["source"] }): boolean {
  return /\b(?:module_defaults|ansible_shell_executable)\b/.test(source.text);
}

function shellFix(task: Task): Fix | undefined {
  const { action } = task;
  if (action?.form !== "key" || task.map.shared) return undefined;
  const rename: Edit = { file: task.source.path, span: action.keySpan, text: action.written.replace(/command$/, "shell") };
  const edits = task.source.text.slice(action.keySpan.start, action.keySpan.end) === action.written ? allEdits([rename, addArgument(task, "executable", "/bin/bash")]) : undefined;
  return edits === undefined ? undefined : { safe: false, says: "use the shell module, with /bin/bash", edits };
}

/** A variable with a path in it, and its text. */
interface Entry {
  readonly name: string;
  readonly node: YamlScalar;
  readonly keyword: Keyword;
}

function environmentFindings(flow: Flow, task: Task): readonly Found[] {
  return task.environment.flatMap((keyword) => entriesOf(keyword)).flatMap((entry): readonly Found[] => {
    const kind = literalIn(entry);
    if (kind === undefined) return [];
    const { name, node, keyword } = entry;
    const fix = environmentFix(flow, task, entry);
    return [{
      ...(kind === "$" ? { severity: "error" as const } : { severity: "warning" as const, condition: "what reads the variable does not replace ~ itself" }),
      source: keyword.source,
      span: node.span,
      task: titleOf(task),
      what: `${name} becomes \`${node.raw}\`, word for word: nothing in environment is expanded.`,
      why: whyText(name, kind),
      do: name === "PATH" ? 'Write the old PATH as {{ ansible_facts.env.PATH }} (the facts must have been gathered), or call programs by their full path.' : "Write the full path.",
      ...(fix === undefined ? {} : { fix }),
    }];
  });
}

function whyText(name: string, kind: "$" | "~"): string {
  if (kind === "~") return "No shell has seen this ~. Programs that do not replace it themselves look in a directory that is called ~ (bash replaces it in PATH, other shells do not).";
  return name === "PATH"
    ? "The programs of /usr/bin and /bin are not on this path any more: the task fails with rc 127 and `not found`, or with `No such file or directory`."
    : "The job gets the text with the $ in it, and what reads it looks in a directory of that name.";
}

function entriesOf(keyword: Keyword): readonly Entry[] {
  const maps = keyword.node.kind === "list" ? keyword.node.items : [keyword.node];
  return maps.flatMap((map) => {
    if (map.kind !== "map") return [];
    return map.fields.flatMap(({ key, value }) => (value.kind === "scalar" && value.tag === undefined ? [{ name: key, node: value, keyword }] : []));
  });
}

/** `$` in a search path, `$HOME/…` anywhere; `~` in a search path or a …_HOME. In other values both may be meant as they stand. */
function literalIn({ name, node }: Entry): "$" | "~" | undefined {
  const text = node.raw.replaceAll(/\{\{[^]*?\}\}/g, "");
  const isPath = name.endsWith("PATH");
  if (/^\$(?:HOME|\{HOME\})\//.test(text) || (isPath && /\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})/.test(text))) return "$";
  return (isPath && /(?:^|:)~(?:[/:]|$)/.test(text)) || (name.endsWith("_HOME") && text.startsWith("~/")) ? "~" : undefined;
}

/** The login user's PATH and HOME are among the facts, as long as they were gathered for the host that the job runs on. */
function environmentFix(flow: Flow, task: Task, { node, keyword }: Entry): Fix | undefined {
  if (keyword.owner !== "task") return undefined;
  const written = node.raw
    .replaceAll(/\$(?:PATH\b|\{PATH\})/g, "{{ ansible_facts.env.PATH }}")
    .replaceAll(/\$(?:HOME\b|\{HOME\})/g, "{{ ansible_facts.env.HOME }}")
    .replaceAll(/(^|:)~(?=[/:]|$)/g, "$1{{ ansible_facts.env.HOME }}");
  if (/\$|["\\\n]/.test(written)) return undefined;
  const edit = replaceNode(task, node, `"${written}"`);
  if (edit === undefined) return undefined;
  const gathered = flow.kind === "play" && !/\bgather_facts\s*:\s*["']?(?:false|no|off|n|0|\{\{)/i.test(flow.source.text) && !/\bgather_subset\b/.test(flow.source.text);
  const elsewhere = ["become", "become_user", "delegate_to"].some((key) => task.keywords.has(key));
  return { safe: gathered && !elsewhere, says: "take the value from the gathered facts", edits: [edit] };
}

export const mode: Mode = {
  id: "not-a-login-shell",
  title: "The command relies on a login shell",
  why: "A task is not a login. Its shell is /bin/sh unless it says otherwise, no profile is read, PATH is the short one of a non-login session, and nothing in environment is expanded. What works by hand is then not found.",
  do: "Set executable: /bin/bash where the command needs bash, source the profile in it, and give full paths.",
  messages: [
    { text: "/bin/sh: 1: source: not found" },
    { text: "/bin/sh: 1: *: not found" },
    { text: "/bin/bash: line 1: *: command not found" },
    { text: "[Errno 2] No such file or directory: b'*'", cores: "2.14 to 2.18" },
    { text: "Error executing command: [Errno 2] No such file or directory: b'*'", cores: "2.19 and newer" },
  ],
  lint,
  symptom,
  probe,
  fix: "safe or needs-a-person",
};

// The status task (or Ansible's own polling) looks in another directory than the one the job writes to.

import type { AsyncDir } from "../../model/async-dirs.ts";
import { asksForOneLaunch, asyncDirOf, environmentOf, isInHome, isPlainPair } from "../../model/async-dirs.ts";
import type { Finding } from "../../model/finding.ts";
import { beforeAgain, judgePlace, missingOnHosts } from "../../model/host-missing.ts";
import { missingEvidence, tellApart, traceOf } from "../../model/job-traces.ts";
import type { LintView, Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import type { Flow, Pair, Task } from "../../model/playbook.ts";
import { isLaunch, isPolled, isStatus, ownField, titleOf } from "../../model/playbook.ts";
import { addVariable, replaceNode } from "../../model/task-edits.ts";
import type { YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { mayBeTheHome } from "./home.ts";

type Draft = Omit<Finding, "mode">;

const lint: LintView = (flow) => [
  ...flow.pairs.filter(isPlainPair).flatMap((pair) => differing(flow, pair)),
  ...flow.tasks.filter(isLaunch).flatMap((task) => [...unexpanded(task), ...relative(task), ...otherHome(flow, task)]),
  ...flow.tasks.filter((task) => isLaunch(task) || isStatus(task)).flatMap(ignoredVariable),
];

/** `ansible_async_dir` on one of the two only, or with two values. */
function differing(flow: Flow, pair: Pair): readonly Draft[] {
  const { launch, status } = pair;
  const [from, to] = [asyncDirOf(launch), asyncDirOf(status)];
  if (from.kind === "unknown" || to.kind === "unknown" || from.path === to.path || isOdd(from) || isOdd(to)) return [];
  const own = ownVariable(status) ?? ownVariable(launch);
  const wanted = to.kind === "known" && from.kind === "default" ? { task: launch, of: status, path: to.path } : { task: status, of: launch, path: from.path };
  const node = ownVariable(wanted.of);
  const isLiteral = node?.kind === "scalar" && node.tag === undefined && /^[~/]/.test(node.raw) && !/\{\{|\{%/.test(node.raw);
  const edit = isLiteral && asksForOneLaunch(flow.pairs, pair) ? addVariable(wanted.task, "ansible_async_dir", wanted.of.source.text.slice(node.span.start, node.span.end)) : undefined;
  const safe = launch.source === status.source && wanted.task === status;
  return [{
    severity: "error",
    source: status.source,
    span: ownVariable(status)?.span ?? status.action?.keySpan ?? status.map.span,
    task: titleOf(status),
    what: `Looks in ${to.path} for a job that "${titleOf(launch)}" starts in ${from.path}.`,
    why: "ansible_async_dir says where a task writes or looks for job files; it counts for each task by itself. This task finds nothing and fails with `could not find job`, while the job goes on.",
    do: `Give both tasks the same ansible_async_dir${own === undefined ? "" : ", or set it once for the play"}.`,
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the job" }],
    ...(edit === undefined ? {} : { fix: { safe, says: `set ansible_async_dir to ${wanted.path} on "${titleOf(wanted.task)}" too`, edits: [edit] } }),
  }];
}

/** `$HOME/jobs`: the wrapper takes it literally (os.path.expanduser), the status module does not (type path). */
function unexpanded(task: Task): readonly Draft[] {
  const dir = asyncDirOf(task);
  if (dir.kind !== "known" || !dir.path.includes("$")) return [];
  const node = ownVariable(task);
  const home = node?.kind === "scalar" ? /^(?:\$HOME|\$\{HOME\})(\/[^$]*)$/.exec(node.raw)?.[1] : undefined;
  const edit = node === undefined || home === undefined ? undefined : replaceNode(task, node, `~${home}`);
  return [{
    severity: "error",
    source: task.source,
    span: node?.span ?? task.action?.keySpan ?? task.map.span,
    task: titleOf(task),
    what: `The job goes to a directory that is really called ${dir.path}.`,
    why: "A job takes the $ in ansible_async_dir literally and makes that directory where it stands. A look replaces the variable, looks elsewhere and fails with `could not find job`.",
    do: "Use an absolute path, or ~/ for the home of the user that the task runs as.",
    ...(edit === undefined ? {} : { fix: { safe: true, says: `write ~${home ?? ""}`, edits: [edit] } }),
  }];
}

function relative(task: Task): readonly Draft[] {
  const dir = asyncDirOf(task);
  if (dir.kind !== "known" || /^[/~$]|\{\{/.test(dir.path)) return [];
  return [{
    severity: "info",
    source: task.source,
    span: ownVariable(task)?.span ?? task.action?.keySpan ?? task.map.span,
    task: titleOf(task),
    what: `The job directory ${dir.path} has no fixed place.`,
    why: "A relative ansible_async_dir is found again only by a task that starts in the same working directory: the login directory, or for local connections the playbook's.",
    do: "Use an absolute path.",
  }];
}

/** The wrapper asks $HOME, a look asks the password file (issue 81805). */
function otherHome(flow: Flow, task: Task): readonly Draft[] {
  const home = environmentOf(task, "HOME");
  const dir = asyncDirOf(task);
  if (home?.kind !== "scalar" || dir.kind === "unknown" || !isInHome(dir.path) || mayBeTheHome(home.raw, task)) return [];
  const asker = isPolled(task) ? "Ansible's own polling" : flow.pairs.some((pair) => pair.launch === task && isPlainPair(pair) && looksInHome(pair.status)) ? "the status task" : undefined;
  if (asker === undefined) return [];
  return [{
    severity: "warning",
    condition: `the password file names another home than ${home.raw}`,
    source: task.source,
    span: home.span,
    task: titleOf(task),
    what: `With HOME set to ${home.raw} the job goes to ${home.raw}${dir.path.slice(1)}, where ${asker} does not look.`,
    why: `The job takes ~ from HOME, a look takes it from the password file. Unless that says ${home.raw} as well, ${asker} fails with \`could not find job\`, while the job goes on.`,
    do: "Set ansible_async_dir to an absolute path for this task and its status task.",
  }];
}

function looksInHome(status: Task): boolean {
  const dir = asyncDirOf(status);
  return dir.kind !== "unknown" && isInHome(dir.path);
}

/** `environment: ANSIBLE_ASYNC_DIR` has had no effect since 2.12 (pull request 74249). */
function ignoredVariable(task: Task): readonly Draft[] {
  // For an ansible-playbook that the task itself starts it counts.
  if (task.action?.command?.text.includes("ansible") === true) return [];
  return task.environment.flatMap(({ node, source }) => (node.kind === "list" ? node.items : [node]).flatMap((map): readonly Draft[] => {
    const field = map.kind === "map" ? fieldOf(map, "ANSIBLE_ASYNC_DIR") : undefined;
    if (field === undefined) return [];
    return [{
      severity: "info",
      source,
      span: { start: field.keySpan.start, end: field.value.span.end },
      what: "ANSIBLE_ASYNC_DIR under environment does nothing.",
      why: "Since ansible-core 2.12 only the variable ansible_async_dir (or ansible.cfg, or the environment of ansible-playbook itself) says where job files go.",
      do: "Set the variable ansible_async_dir instead, for the launch and its status task alike.",
    }];
  }));
}

/** The value of `ansible_async_dir` under the task's own `vars`. */
function ownVariable(task: Task): YamlNode | undefined {
  const vars = ownField(task, "vars")?.value;
  return vars?.kind === "map" ? fieldOf(vars, "ansible_async_dir")?.value : undefined;
}

/** Has a finding of its own. */
function isOdd(dir: AsyncDir): boolean {
  return dir.kind === "known" && dir.path.includes("$");
}

const symptom: SymptomView = (subject, story) => {
  const trace = traceOf(subject, story);
  if (trace === undefined) return undefined;
  const { whereabouts, tells, polled } = trace;
  const isOther = whereabouts === "another directory" || whereabouts === "another home or directory" || whereabouts === "own polling";
  const against = [polled, trace.erased, isOther ? undefined : tells].filter((each) => each !== undefined);
  const own = whereabouts === "own polling" ? "Ansible's own polling looks in the password file's home of the user, the job in HOME: look for HOME under environment. " : "";
  return {
    supports: [missingEvidence(trace), ...(isOther && tells !== undefined ? [tells] : [])],
    against,
    ...(story.form === "adhoc" ? { do: "Ask with the async directory of the launch: -e ansible_async_dir=DIR, or ANSIBLE_ASYNC_DIR as it was then." } : isOther ? { do: `${own}Give the launch and the status task the same absolute ansible_async_dir. The job itself may still be running: look before you start it again.` } : {}),
    unknown: tellApart(trace, story),
  };
};

const probe: ProbeView = (subject, story, hosts) =>
  judgePlace(missingOnHosts(subject, story, hosts), "another directory", (found) => `Give the launch and the status task the same absolute ansible_async_dir; the job was started with ${found.sighting.report.dir}. ${beforeAgain(found)}`);

export const mode: Mode = {
  id: "status-in-another-dir",
  title: "The status task looks in another directory than the job's",
  why: "ansible_async_dir counts for each task by itself, and ~ is HOME for the job but the password file's home for a look. Where the two differ, the look finds nothing and fails, while the job goes on.",
  do: "Give the launch and the status task the same absolute ansible_async_dir, best once for the whole play.",
  messages: [{ text: "could not find job" }],
  lint,
  symptom,
  probe,
  fix: "safe or needs-a-person",
};

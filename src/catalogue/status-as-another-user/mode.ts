// The status task runs as another user than the launch and looks into another home.

import { asksForOneLaunch, asyncDirOf, environmentOf, isInHome, isPlainPair } from "../../model/async-dirs.ts";
import type { Edit } from "../../model/finding.ts";
import { beforeAgain, judgePlace, missingOnHosts } from "../../model/host-missing.ts";
import { missingEvidence, tellApart, traceOf } from "../../model/job-traces.ts";
import type { LintView, Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import type { Flow, Pair, Task } from "../../model/playbook.ts";
import { ownField, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { addKeywords, removeKeyword, replaceValue } from "../../model/task-edits.ts";

/** As whom a task runs: by become, or as the login user, of whom the name may not be known. */
type User = { readonly by: "become"; readonly name: string } | { readonly by: "login"; readonly name: string | undefined };

const lint: LintView = (flow) => flow.pairs.flatMap((pair) => {
  const { launch, status } = pair;
  const directory = commonDirOf(pair);
  if (!isPlainPair(pair) || !isInHome(directory) || environmentOf(launch, "HOME") !== undefined) return [];
  const [from, to] = [userOf(launch, flow), userOf(status, flow)];
  if (from === undefined || to === undefined || isSame(from, to)) return [];
  const edits = asksForOneLaunch(flow.pairs, pair) ? sameUserEdits(pair) : undefined;
  const safe = launch.source === status.source && from.by === "become";
  const field = ["become_user", "become", "remote_user"].map((key) => ownField(status, key)).find((each) => each !== undefined);
  const related = { place: { file: launch.source.path, span: launch.map.span }, says: `the launch, which runs as ${nameOf(from)}` };
  return [{
    ...(isCertain(from, to) ? { severity: "error" as const } : { severity: "warning" as const, condition: conditionOf(from, to) }),
    source: status.source,
    span: field === undefined ? (status.action?.keySpan ?? status.map.span) : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(status),
    what: `Asks as ${nameOf(to)} for a job that "${titleOf(launch)}" starts as ${nameOf(from)}.`,
    why: `Job files are in ${directory} of the user a task runs as. This task looks in another home and fails with \`could not find job\`, while the job goes on.`,
    do: from.by === "become" ? `Give this task become: true and become_user: ${from.name} as well.` : "Let both tasks run as the same user.",
    related: [related],
    ...(edits === undefined ? {} : { fix: { safe, says: `let this task run as ${nameOf(from)}, like the launch`, edits } }),
  }];
});

/** The directory both tasks have once their directories agree (another mode's business). */
function commonDirOf({ launch, status }: Pair): string {
  const dirs = [asyncDirOf(launch), asyncDirOf(status)];
  if (dirs.some((dir) => dir.kind === "unknown")) return "";
  const known = dirs.find((dir) => dir.kind === "known") ?? dirs[0];
  return known === undefined || known.kind === "unknown" ? "" : known.path;
}

/** Undefined where only the run knows: templates, and variables that overrule the keywords. */
function userOf(task: Task, flow: Flow): User | undefined {
  const overruled = ["ansible_become", "ansible_become_user"].some((name) => !isNowhere(task, name));
  const become = literalOf(task, "become");
  if (overruled || become === undefined) return undefined;
  if (/^(?:yes|true|on|y|t|1)$/i.test(become)) {
    const name = literalOf(task, "become_user");
    return name === undefined ? undefined : { by: "become", name: name === "" ? "root" : name };
  }
  return { by: "login", name: loginOf(task, flow) };
}

function loginOf(task: Task, flow: Flow): string | undefined {
  const hosts = flow.play?.fields.find((field) => field.key === "hosts")?.value;
  const local = hosts?.kind === "scalar" && /^(?:localhost|127\.0\.0\.1)$/.test(hosts.raw);
  // A local connection takes no notice of the login name; a delegate may have its own.
  if (local || ["connection", "delegate_to"].some((key) => task.keywords.has(key)) || task.action?.form === "local_action") return undefined;
  const [user, sshUser] = ["ansible_user", "ansible_ssh_user"].map((name) => task.scope(name));
  if (user?.kind === "value" && typeof user.value === "string") return user.value;
  if ([user, sshUser].some((outcome) => outcome?.kind !== "unknown" || outcome.nowhere !== true)) return undefined;
  return literalOf(task, "remote_user") || undefined;
}

function isNowhere(task: Task, name: string): boolean {
  const outcome = task.scope(name);
  return outcome.kind === "unknown" && outcome.nowhere === true;
}

/** The effective keyword's text, "" where it is not set; undefined for a template. */
function literalOf(task: Task, key: string): string | undefined {
  const node = task.keywords.get(key)?.node;
  if (node === undefined) return "";
  return node.kind === "scalar" && node.tag === undefined && !node.raw.includes("{{") && !node.raw.includes("{%") ? node.raw : undefined;
}

/** Two login users are the same unless both are named. */
function isSame(one: User, other: User): boolean {
  if (one.by === "login" && other.by === "login" && (one.name === undefined || other.name === undefined)) return true;
  return one.name === other.name;
}

/** A task that becomes root may already log in as root; a named login may be overruled by the inventory. */
function isCertain(one: User, other: User): boolean {
  if (one.by === "become" && other.by === "become") return true;
  const become = one.by === "become" ? one : other;
  return become.by === "become" && become.name !== "root";
}

function conditionOf(one: User, other: User): string {
  if (one.by === "login" && other.by === "login") return "the inventory does not set ansible_user";
  return "Ansible neither logs in as root nor becomes root for every task (-b)";
}

function nameOf(user: User): string {
  return user.by === "become" ? user.name : (user.name ?? "the login user");
}

/** Gives the status task the launch's keywords, one by one. */
function sameUserEdits({ launch, status }: Pair): readonly Edit[] | undefined {
  const edits: (Edit | undefined)[] = [];
  const added: string[] = [];
  for (const key of ["become", "become_method", "become_user", "remote_user"]) {
    const wanted = literalOf(launch, key);
    if (wanted === undefined || !/^[\w.@-]*$/.test(wanted)) return undefined;
    if (wanted === literalOf(status, key)) continue;
    const isOwn = ownField(status, key) !== undefined;
    if (wanted !== "") {
      if (isOwn) edits.push(replaceValue(status, key, wanted));
      else added.push(`${key}: ${wanted}`);
    } else if (isOwn) edits.push(removeKeyword(status, key));
    else if (key === "become") added.push("become: false");
    else if (key === "become_user") added.push("become_user: root");
  }
  const after = ownField(status, "become") === undefined ? (status.action?.written ?? "") : "become";
  if (added.length > 0) edits.push(addKeywords(status, after, added));
  return allEdits(edits);
}

const symptom: SymptomView = (subject, story) => {
  const trace = traceOf(subject, story);
  if (trace === undefined) return undefined;
  const { whereabouts, tells, polled } = trace;
  const isHome = whereabouts === "another home" || whereabouts === "another home or directory";
  const against = [polled, trace.erased, isHome ? undefined : tells].filter((each) => each !== undefined);
  return {
    supports: [missingEvidence(trace), ...(isHome && tells !== undefined ? [tells] : [])],
    against,
    ...(story.form === "adhoc" ? { do: "Ask as the user that started the job: with the same -u, -b and --become-user." } : isHome ? { do: "Give the status task the become, become_user (and remote_user) of the task that starts the job: longhaul lint --fix does it. The job itself may still be running: look before you start it again." } : {}),
    unknown: tellApart(trace, story),
  };
};

const probe: ProbeView = (subject, story, hosts) =>
  judgePlace(missingOnHosts(subject, story, hosts), "another home", (found) => `Give the status task the become, become_user (and remote_user) with which ${found.sighting.report.owner ?? "the other user"} runs the job: longhaul lint --fix does it. ${beforeAgain(found)}`);

export const mode: Mode = {
  id: "status-as-another-user",
  title: "The status task runs as another user than the job",
  why: "Job files are in ~/.ansible_async of the user a task runs as. A status task that becomes another user, or none, looks in another home and finds nothing, while the job goes on.",
  do: "Give the status task the same become and become_user as the launch.",
  messages: [{ text: "could not find job" }],
  lint,
  symptom,
  probe,
  fix: "safe or needs-a-person",
};

// Diagnosis by elimination: each mode says what speaks for and against it; what is ruled out is dropped, what is left is ordered
// by the number of independent supports. Ties stay ties.

import type { Candidate, Diagnosis, Evidence, JobNow, Judgement, Subject, Unknown } from "../model/diagnosis.ts";
import type { Finding } from "../model/finding.ts";
import type { HostLooks, JobRef } from "../model/host-looks.ts";
import { jobsAbout } from "../model/host-traces.ts";
import type { Mode } from "../model/mode.ts";
import type { Project, Task } from "../model/playbook.ts";
import { isDetached, ownField, standsIn, tasksNaming, titleOf } from "../model/playbook.ts";
import { positionAt } from "../model/place.ts";
import type { LoggedError, LoggedJob, LoggedResult, LoggedTask, Story } from "../model/story.ts";
import { jidOf, numberOf as resultNumber, textOf } from "../model/story.ts";
import { combined, jobsNow, keptOnHosts, situationOf } from "./host-evidence.ts";

export interface DiagnoseRequest {
  readonly story: Story;
  readonly modes: readonly Mode[];
  /** The playbook that was run, where the user has it: what lint finds on the same task is evidence too. */
  readonly playbook?: { readonly project: Project; readonly findings: readonly Finding[] };
  /** What was found on the hosts, where they were looked at. */
  readonly hosts?: HostLooks;
  /** Jobs asked about by their ids: each is a subject of its own. */
  readonly jobs?: readonly JobRef[];
}

export interface DiagnoseResult {
  /** Failures that stopped hosts first, then ignored ones, then green results that lie. */
  readonly diagnoses: readonly Diagnosis[];
  /** A diagnosis for each job that was asked about, also where no mode explains it. */
  readonly jobs: readonly Diagnosis[];
  /** Failures that no mode knows: not about async, or not in the catalogue. */
  readonly unexplained: readonly Unexplained[];
  /** Jobs that the log leaves in the middle: it has no recap, and its last look found them running. */
  readonly leftRunning: readonly LeftRunning[];
  readonly crashed: readonly { readonly mode: string; readonly cause: unknown }[];
}

export interface LeftRunning {
  readonly job: LoggedJob;
  /** How it is now, where its host was looked at. */
  readonly now: readonly JobNow[];
}

export interface Unexplained extends Pick<Diagnosis, "subject" | "jobs" | "ruledOut" | "seen"> {
  /** What lint finds on its task in the playbook, and on the tasks whose register it reads: to be looked at, no verdict. */
  readonly pointers: readonly Pointer[];
}

interface Pointer {
  readonly mode: string;
  readonly what: string;
  readonly place: { readonly file: string; readonly line: number };
}

/** In: what a log says, what the hosts show, and the catalogue. Out: a diagnosis for each thing that went wrong. */
export function diagnose(request: DiagnoseRequest): DiagnoseResult {
  const crashed: { mode: string; cause: unknown }[] = [];
  const subjects = subjectsOf(request);
  // What the hosts show of a job is told with the failure that it explains, not with its launch as well.
  const told = new Set(subjects.filter(({ failed }) => failed).flatMap((subject) => jobsAbout(subject, request.story).map(({ jid }) => jid)));
  const { hosts: _, ...logAlone } = request;
  const isTold = (subject: Subject): boolean => !subject.failed && jobsAbout(subject, request.story).every(({ jid }) => told.has(jid));
  const all = subjects.map((subject) => explain(isTold(subject) ? logAlone : request, subject, crashed));
  const known = all.filter((diagnosis) => diagnosis.causes.length > 0);
  return {
    diagnoses: known.toSorted((a, b) => weight(a.subject) - weight(b.subject)),
    jobs: (request.jobs ?? []).map((job) => explain(request, subjectOfJob(job), crashed)),
    leftRunning: leftRunning(request),
    unexplained: all.filter((diagnosis) => diagnosis.causes.length === 0 && diagnosis.subject.failed).map(({ subject, jobs, ruledOut, seen }) => ({
      subject,
      jobs,
      ruledOut,
      seen,
      pointers: pointersOf(request, subject),
    })),
    crashed,
  };
}

/** A controller that was stopped, or that lost its terminal, leaves its jobs to themselves. */
function leftRunning({ story, hosts }: DiagnoseRequest): readonly LeftRunning[] {
  if (story.recap.length > 0 || story.form !== "text") return [];
  const left = story.jobs.filter((job) => {
    const lastLook = Math.max(job.lastPoll?.line ?? 0, job.launch?.quote.line ?? 0);
    const ended = job.ended !== undefined || job.looks.some((look) => resultNumber(look, "finished") !== 0);
    const told = story.results.some((result) => result.host === job.host && result !== job.launch && result.quote.line > lastLook && (result.status === "failed" || result.status === "unreachable"));
    return lastLook > 0 && !ended && !told;
  });
  return left.map((job) => ({ job, now: hosts === undefined ? [] : jobsNow(subjectOfJob(job), story, hosts) }));
}

/** 0 stopped a host, 1 failed and was ignored, 2 green. */
function weight(subject: Subject): number {
  if (!subject.failed) return 2;
  return subject.results.length > 0 && subject.results.every((result) => result.ignored) ? 1 : 0;
}

/** Groups results that one cause should explain: same task, same message apart from numbers, and the same situation on the hosts. */
function subjectsOf({ story, hosts }: DiagnoseRequest): readonly Subject[] {
  const groups = new Map<string, { task: LoggedTask; results: LoggedResult[]; failed: boolean }>();
  for (const result of story.results) {
    const failed = result.status === "failed" || result.status === "unreachable";
    if (!failed && !speaksOfJob(result)) continue;
    const key = JSON.stringify([result.task.play, result.task.role, result.task.name, failed, shapeOf(result), hosts === undefined ? "" : situationOf({ task: result.task, results: [result], failed }, story, hosts)]);
    const group = groups.get(key) ?? { task: result.task, results: [], failed };
    group.results.push(result);
    groups.set(key, group);
  }
  const told = [...groups.values()];
  const silent = story.errors.filter((error) => !told.some((group) => group.failed && isAbout(group.task, error)));
  return [...told, ...(told.some((group) => group.failed) ? [] : silent.map(subjectOfError))];
}

function speaksOfJob(result: LoggedResult): boolean {
  return jidOf(result) !== undefined || result.fields["finished"] !== undefined;
}

function shapeOf(result: LoggedResult): string {
  const message = textOf(result, "msg") ?? result.quote.text.replace(/^.*?=> /, "");
  return message.replaceAll(/\d+/g, "0").slice(0, 300);
}

function isAbout(task: LoggedTask, error: LoggedError): boolean {
  return error.file === undefined || (error.file === task.file && error.fileLine === task.fileLine);
}

function subjectOfError(error: LoggedError): Subject {
  const place = {
    ...(error.file === undefined ? {} : { file: error.file }),
    ...(error.fileLine === undefined ? {} : { fileLine: error.fileLine }),
  };
  return { task: { name: "", handler: false, heading: error.quote, ...place }, results: [], failed: true, error };
}

/** A job that nobody has a log of. */
function subjectOfJob({ host, jid }: JobRef): Subject {
  return { task: { name: "", handler: false, heading: { line: 0, text: "" } }, results: [], failed: false, job: { host, jid } };
}

interface Judged extends Joined {
  readonly mode: Mode;
}

/** In: whether what the hosts show counts. Out: what each mode has to say. */
function judgeAll(request: DiagnoseRequest, subject: Subject, crashed: { mode: string; cause: unknown }[]): readonly Judged[] {
  const { story, hosts } = request;
  return request.modes.flatMap((mode) => {
    try {
      const symptom = typeof mode.symptom === "function" ? mode.symptom(subject, story) : undefined;
      const probe = hosts !== undefined && typeof mode.probe === "function" ? mode.probe(subject, story, hosts) : undefined;
      const judgement = combined(symptom, probe);
      return judgement === undefined ? [] : [{ mode, ...joined(request, { mode, subject, judgement }) }];
    } catch (cause) {
      crashed.push({ mode: mode.id, cause });
      return [];
    }
  });
}

/** Of the modes that something supports and nothing rules out, those with the most supports. */
function firstOf(judged: readonly Judged[]): readonly Judged[] {
  const standing = judged.filter(({ judgement }) => judgement.supports.length > 0 && judgement.against.length === 0);
  const best = Math.max(0, ...standing.map(({ judgement }) => judgement.supports.length));
  return standing.filter(({ judgement }) => judgement.supports.length === best);
}

function explain(request: DiagnoseRequest, subject: Subject, crashed: { mode: string; cause: unknown }[]): Diagnosis {
  const { hosts, ...logAlone } = request;
  const judged = judgeAll(request, subject, crashed);
  const supported = judged.filter(({ judgement }) => judgement.supports.length > 0);
  const first = firstOf(judged);
  const before = hosts === undefined || first.length !== 1 ? [] : firstOf(judgeAll(logAlone, subject, [])).map(({ mode }) => mode.id);
  const ruledOut = supported.flatMap(({ mode, judgement }) =>
    judgement.against.slice(0, 1).map((because) => ({ mode: mode.id, because })),
  );
  const place = placeOf(request, subject);
  return {
    subject,
    causes: first.map(({ mode, judgement, silent }): Candidate => ({
      mode: mode.id,
      title: mode.title,
      why: mode.why,
      do: judgement.do ?? mode.do,
      evidence: judgement.supports,
      ...(silent ? { note: "longhaul lint finds nothing of it in the playbook that was given: what stands above is what the log shows." } : {}),
    })),
    ruledOut,
    unknown: distinct(first.flatMap(({ judgement }) => judgement.unknown ?? [])),
    jobs: hosts === undefined ? [] : jobsNow(subject, request.story, hosts),
    seen: hosts === undefined || first.length > 0 ? [] : keptOnHosts(subject, request.story, hosts),
    openWithoutHosts: before.length > 1 ? before : [],
    ...(place === undefined ? {} : { place }),
  };
}

function distinct(unknown: readonly Unknown[]): readonly Unknown[] {
  return [...new Map(unknown.map((each) => [each.what, each])).values()];
}

interface Joining {
  readonly mode: Mode;
  readonly subject: Subject;
  readonly judgement: Judgement;
}

interface Joined {
  readonly judgement: Judgement;
  /** True where lint finds nothing of a mistake that it should see, and the log shows it all the same. */
  readonly silent: boolean;
}

/** Adds what lint finds on the same task of the playbook: a second witness, never the only one. */
function joined(request: DiagnoseRequest, { mode, subject, judgement }: Joining): Joined {
  const unsure = judgement.circumstantial === true ? { ...judgement, supports: [] } : judgement;
  if (request.playbook === undefined || judgement.supports.length === 0) return { judgement: unsure, silent: false };
  const { project, findings } = request.playbook;
  const tasks = tasksOf(project, subject.task);
  const near = new Set([...tasks, ...partners(project, tasks)]);
  const found = findings.filter((finding) => finding.mode === mode.id && [...near].some((task) => standsIn(finding, task)));
  const evidence: readonly Evidence[] = [
    ...found.map((finding) => ({ place: placeOfFinding(finding), says: finding.what })),
    ...(judgement.notified === true && found.length === 0 ? notifiers(project, tasks).map((task) => ({ place: placeOfTask(task), says: `"${titleOf(task)}" starts a job and notifies this handler.` })) : []),
  ];
  // What the log left open the playbook has told.
  if (evidence.length > 0) return { judgement: { ...judgement, supports: [...judgement.supports, ...evidence], unknown: [] }, silent: false };
  if (judgement.circumstantial === true) return { judgement: unsure, silent: false };
  const silent = mode.inPlaybook === true && isClear(tasks);
  if (!silent || judgement.proven === true) return { judgement, silent };
  const [place] = tasks.map(placeOfTask);
  const against = { ...(place === undefined ? {} : { place }), says: "The playbook was looked at, and this task does not make that mistake." };
  return { judgement: { ...judgement, against: [against] }, silent };
}

/** The errors first. In: a failure without a verdict. Out: what lint has to say of its task all the same. */
function pointersOf(request: DiagnoseRequest, subject: Subject): readonly Pointer[] {
  if (request.playbook === undefined) return [];
  const { project, findings } = request.playbook;
  const tasks = tasksOf(project, subject.task);
  const near = new Set([...tasks, ...partners(project, tasks), ...sourcesOf(project, tasks)]);
  const hits = findings.filter((finding) => finding.severity !== "info" && [...near].some((task) => standsIn(finding, task)));
  return hits
    .toSorted((a, b) => Number(b.severity === "error") - Number(a.severity === "error"))
    .map((finding) => ({ mode: finding.mode, what: finding.what, place: placeOfFinding(finding) }));
}

/** The tasks before them whose register they read. */
function sourcesOf(project: Project, tasks: readonly Task[]): readonly Task[] {
  return project.flows.flatMap((flow) =>
    flow.tasks.filter(({ register, flowIndex }) => {
      if (register === undefined) return false;
      const readers = tasksNaming(flow, register);
      return tasks.some((task) => readers.includes(task) && task.flowIndex > flowIndex);
    }),
  );
}

/** The launches that notify these handlers by name: of those that no task waits for lint says nothing. */
function notifiers(project: Project, handlers: readonly Task[]): readonly Task[] {
  const names = new Set(handlers.flatMap((task) => (task.shape === "handler" ? [titleOf(task)] : [])));
  return project.flows.flatMap((flow) =>
    flow.tasks.filter((task) => {
      const value = isDetached(task) ? ownField(task, "notify")?.value : undefined;
      const nodes = value?.kind === "list" ? value.items : [value];
      return nodes.some((node) => node?.kind === "scalar" && names.has(node.raw));
    }),
  );
}

function placeOfFinding(finding: Finding): Pointer["place"] {
  return { file: finding.source.path, line: positionAt(finding.source.text, finding.span.start).line };
}

function placeOfTask(task: Task): Pointer["place"] {
  return { file: task.source.path, line: positionAt(task.source.text, task.map.span.start).line };
}

/** True for tasks of which lint can tell: found, and with conditions that it can read. */
function isClear(tasks: readonly Task[]): boolean {
  return tasks.length > 0 && tasks.every(({ until, failedWhen }) => [...until, ...failedWhen].every((condition) => condition.expression !== undefined));
}

/** Launches and status tasks that belong together fail together. */
function partners(project: Project, tasks: readonly Task[]): readonly Task[] {
  return project.flows.flatMap((flow) =>
    flow.pairs.flatMap((pair) => {
      if (tasks.includes(pair.status)) return [pair.launch];
      return tasks.includes(pair.launch) ? [pair.status] : [];
    }),
  );
}

function placeOf(request: DiagnoseRequest, subject: Subject): Diagnosis["place"] {
  const { file, fileLine } = subject.task;
  if (file !== undefined && fileLine !== undefined) return { file, line: fileLine };
  if (request.playbook === undefined) return undefined;
  const [task, ...more] = tasksOf(request.playbook.project, subject.task);
  if (task === undefined || more.some((each) => each.source.path !== task.source.path || each.map.span.start !== task.map.span.start)) return undefined;
  return placeOfTask(task);
}

/** The playbook's tasks that a heading of the log can mean: by file and line where it tells, else by name. */
function tasksOf(project: Project, logged: LoggedTask): readonly Task[] {
  const tasks = project.flows.flatMap((flow) => flow.tasks);
  const { file, fileLine } = logged;
  if (file !== undefined && fileLine !== undefined) {
    const exact = tasks.filter(
      (task) => isSameFile(file, task.source.path) && positionAt(task.source.text, task.map.span.start).line === fileLine,
    );
    if (exact.length > 0) return exact;
  }
  return tasks.filter((task) => {
    const title = titleOf(task);
    const sameRole = logged.role === undefined || task.role === logged.role;
    return sameRole && (title === logged.name || task.action?.module === logged.name);
  });
}

/** The log has absolute paths of the machine that ran it, the project has paths as the user gave them. */
function isSameFile(logged: string, path: string): boolean {
  const own = path.replace(/^\.\//, "");
  return logged === own || logged.endsWith(`/${own}`) || own.endsWith(`/${logged}`);
}

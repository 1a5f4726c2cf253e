// Something removes the job file, or its directory, before the wait is over.

import { asyncDirOf, isPlainPair } from "../../model/async-dirs.ts";
import type { Evidence } from "../../model/diagnosis.ts";
import type { Finding } from "../../model/finding.ts";
import { isRobbed, isThere, isUnfilled, missingOnHosts } from "../../model/host-missing.ts";
import { wrapperSaid } from "../../model/host-log.ts";
import type { Missing } from "../../model/host-missing.ts";
import { onHost } from "../../model/host-traces.ts";
import { directoryOf, missingEvidence, tellApart, traceOf, whyNoFile } from "../../model/job-traces.ts";
import { timeText } from "../../model/time-text.ts";
import type { JobState } from "../../model/job-state.ts";
import { conditionText } from "../../model/look.ts";
import type { LintView, Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isLaunch, numberOf, ownField, titleOf } from "../../model/playbook.ts";
import { removalOf } from "./removals.ts";

type Draft = Omit<Finding, "mode">;

/** Cleaners of temporary directories go by age: tmpreaper after 7 days, systemd and tmpwatch after 10, in /var/tmp 30 (their defaults). */
const CLEANED_AFTER_SECONDS = { "/tmp": 7 * 86_400, "/var/tmp": 30 * 86_400 } as const;

const lint: LintView = (flow) => flow.tasks.filter(isLaunch).flatMap((launch) => [...removedMidway(flow, launch), ...inTemporary(launch)]);

function removedMidway(flow: Flow, launch: Task): readonly Draft[] {
  const looks = flow.pairs.filter((pair) => pair.launch === launch && isPlainPair(pair)).map((pair) => pair.status);
  const end = looks.find((status) => status.until.length > 0) ?? looks.at(-1);
  if (end === undefined) return [];
  return flow.tasks.slice(launch.flowIndex + 1, end.flowIndex).flatMap((task): readonly Draft[] => {
    const what = removalOf(task, launch, flow);
    if (what === undefined) return [];
    const conditions = task.when.filter((condition) => !launch.when.some((other) => other.text === condition.text));
    return [{
      ...(conditions.length === 0 ? { severity: "error" as const } : { severity: "warning" as const, condition: `this task runs (\`${conditionText(conditions)}\`)` }),
      source: task.source,
      span: task.action?.keySpan ?? task.map.span,
      task: titleOf(task),
      what: `Removes ${what} of "${titleOf(launch)}" before "${titleOf(end)}" has waited for it.`,
      why: `The job goes on, but a look finds no file any more and fails with \`could not find job\`. What the job returns is lost, or written to a new file that nobody reads.`,
      do: "Move this task behind the one that waits for the job.",
      related: [
        { place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the job" },
        { place: { file: end.source.path, span: end.map.span }, says: "the task that waits for it" },
      ],
    }];
  });
}

function inTemporary(launch: Task): readonly Draft[] {
  const dir = asyncDirOf(launch);
  const limitSeconds = numberOf(launch.asyncLimit);
  if (dir.kind !== "known" || limitSeconds === undefined) return [];
  const root = (["/var/tmp", "/tmp"] as const).find((path) => `${dir.path}/`.startsWith(`${path}/`));
  if (root === undefined || limitSeconds < CLEANED_AFTER_SECONDS[root]) return [];
  const field = ownField(launch, "async");
  const days = Math.floor(limitSeconds / 86_400);
  return [{
    severity: "warning",
    condition: `a cleaner comes by while the job runs, which may be for ${days} days`,
    source: launch.source,
    span: field === undefined ? launch.map.span : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(launch),
    what: `A job of up to ${days} days keeps its job file in ${dir.path}.`,
    why: `Cleaners remove what is old in ${root} (tmpreaper after 7 days, systemd-tmpfiles after ${root === "/tmp" ? 10 : 30}), and a job file is written at the start of its job only. Where reading a file does not make it young (noatime, find -mtime) it is removed under the job, and a look fails with \`could not find job\`.`,
    do: "Set ansible_async_dir to a directory that nothing cleans: ~/.ansible_async, or one under /var/lib.",
  }];
}

const symptom: SymptomView = (subject, story) => {
  const trace = traceOf(subject, story);
  if (trace === undefined) return undefined;
  const { whereabouts, tells, polled, foundBefore, erased, missing } = trace;
  const isHere = whereabouts === "same place";
  const elsewhere = isHere || whereabouts === "own polling" ? undefined : tells;
  const evidence = [missingEvidence(trace), isHere ? tells : undefined, foundBefore === tells ? undefined : foundBefore, erased];
  const directory = directoryOf(missing) ?? "ASYNC_DIR";
  const open = [
    ...tellApart(trace, story),
    ...(isHere && erased === undefined ? [foundBefore === undefined ? whyNoFile(trace) : { ...whyNoFile(trace), what: "Who removed the job file." }] : []),
  ];
  return {
    supports: evidence.filter((each) => each !== undefined),
    against: [polled, elsewhere].filter((each) => each !== undefined),
    ...(isHere ? { do: `Look between the launch and this task, and at cleaners of the host, for what removes ${directory}: a task with state: absent, rm, mode: cleanup, a cron job, another run. The job itself may still be running: look before you start it again.` } : {}),
    unknown: open,
  };
};

const probe: ProbeView = (subject, story, hosts) => {
  const missing = missingOnHosts(subject, story, hosts);
  if (missing?.tells === undefined) return undefined;
  const { place, tells, trace, found, job: { host, job } } = missing;
  // Its end was written to a file, or could not be as the directory had gone.
  const ended = host === undefined ? [] : wrapperSaid(host, job.jid, /^Module complete |\[Errno 2\]/);
  const supports = [missingEvidence(trace), tells, ...cleanersOf(missing), ...ended];
  if (isRobbed(missing)) return { supports, against: [], do: `The job still runs and has nowhere to tell how it ends: wait for its processes, do not start it again. ${FIND_REMOVER}` };
  // The end of a job writes the file anew where only the file was removed.
  if (place === "here" && isThere(missing) && isEnded(found?.sighting.state)) return { supports, against: [], do: `The end of the job has written the file anew: ask once more for its result. ${FIND_REMOVER}` };
  if (place === "nowhere") return { supports, against: [], unknown: [...tellApart(trace, story), whyNoFile(trace)] };
  return isUnfilled(missing) || isThere(missing) ? { supports: [], against: [tells] } : undefined;
};

const FIND_REMOVER = "Look between the launch and the look, and at the cleaners of the host, for what has removed it: a task with state: absent, rm, mode: cleanup, a cron job, another run.";

function isEnded(state: JobState | undefined): boolean {
  return state === "finished" || state === "failed" || state === "killed" || state === "timed-out";
}

/** Cleaners that take files out of the directory which was looked into. */
function cleanersOf({ job: { host, directory } }: Missing): readonly Evidence[] {
  return (host?.cleaners ?? []).filter(({ dir }) => dir === directory).slice(0, 2).map(({ tool, file, line, path, age, at_boot: isAtBoot }) => {
    const when = isAtBoot ? "when the host starts" : age === null ? "from time to time" : age === 0 ? "whatever its age" : `when it is older than ${timeText(age)}`;
    return onHost(host?.host ?? "", `${tool} removes what is in ${path} ${when} (${file}${line === null ? "" : `:${line}`}).`);
  });
}

export const mode: Mode = {
  id: "job-file-removed",
  title: "Something removes the job file before the wait is over",
  why: "A look knows of a job only what is in its job file. When a task (state: absent, rm, mode: cleanup), a cleaner of temporary files or another run removes it, the look fails and the job's result is lost, while the job itself goes on.",
  do: "Remove job files only behind the task that waits for the job, and keep them out of /tmp and /var/tmp.",
  messages: [{ text: "could not find job" }],
  lint,
  symptom,
  probe,
  fix: cannot("a task that removes something may have other reasons to stand where it stands: only a person can move it"),
};

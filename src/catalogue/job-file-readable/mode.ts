// no_log keeps a secret out of Ansible's output. The job file of an async task holds it all the same, for every login of the host.

import type { AsyncDir } from "../../model/async-dirs.ts";
import { asyncDirOf, isInHome, withoutSlash } from "../../model/async-dirs.ts";
import { jobsOnHosts, onHost } from "../../model/host-traces.ts";
import type { LintView, Mode, ProbeView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isDetached, numberOf, titleOf } from "../../model/playbook.ts";

const lint: LintView = (flow) => flow.tasks.filter(isDetached).flatMap((launch) => {
  const noLog = launch.keywords.get("no_log");
  const dir = asyncDirOf(launch);
  if (noLog === undefined || noLog.node.kind !== "scalar" || noLog.node.value !== true || numberOf(launch.asyncLimit) === undefined || isTakenCareOf(flow, launch, dir)) return [];
  const where = whereOf(dir);
  if (where === undefined) return [];
  return [{
    ...(where.closedAsARule ? { severity: "info" as const } : { severity: "warning" as const, condition: "the host has other logins" }),
    source: noLog.source,
    span: noLog.node.span,
    task: titleOf(launch),
    what: `no_log does not cover the job file in ${where.path}, which every login of the host may read${where.closedAsARule ? " unless that home is closed to others" : ""}.`,
    why: "When the job ends its whole result is written to its job file, with the command line and the output, in mode 0644. With poll: 0 the file stays there for ever.",
    do: `Make ${where.path} with mode 0700 before the job is started, and remove the job file with async_status and mode: cleanup once it has been waited for.`,
  }];
});

/** The directory, where it is known; homes are closed to others as a rule (mode 0700 or 0750 on current distributions). */
function whereOf(dir: AsyncDir): { readonly path: string; readonly closedAsARule: boolean } | undefined {
  return dir.kind === "unknown" ? undefined : { path: dir.path, closedAsARule: isInHome(dir.path) || /^\/(?:root|home)\//.test(dir.path) };
}

/** True where the flow closes the directory before the job starts, or removes the job file: the secret is then there for the time of the job only. */
function isTakenCareOf({ tasks }: Flow, launch: Task, dir: AsyncDir): boolean {
  const text = ({ action }: Task, key: string): string => {
    const value = action?.args.get(key);
    return value?.kind === "scalar" ? value.raw : "";
  };
  const loopText = ({ loop }: Task): string => (loop?.value.kind === "scalar" ? loop.value.raw : "");
  const closes = (task: Task): boolean =>
    task.action?.module === "file" && dir.kind !== "unknown" && /^0?[0-7]?[0-7]00$|^u=[rwx]+(?:,go=|,g=,o=)$/.test(text(task, "mode")) &&
    [text(task, "path"), text(task, "dest")].some((path) => path !== "" && withoutSlash(path) === dir.path);
  const removes = (task: Task): boolean =>
    task.action?.module === "async_status" && text(task, "mode") === "cleanup" && launch.register !== undefined && [text(task, "jid"), loopText(task)].some((written) => written.includes(launch.register ?? ""));
  return tasks.slice(0, launch.flowIndex).some(closes) || tasks.slice(launch.flowIndex + 1).some(removes);
}

/** Job files are of mode 0644 by rule: it is a mistake where the playbook says no_log. */
const probe: ProbeView = (subject, story, hosts) => {
  for (const { here, host } of jobsOnHosts(subject, story, hosts)) {
    const directory = host?.directories.find(({ path }) => path === here?.report.dir);
    const { mode: bits, path } = here?.report ?? { mode: null, path: null };
    if (host === undefined || directory === undefined || bits === null || path === null) continue;
    const isReadable = (bits & OTHERS_READ) !== 0 && directory.isOpen;
    const says = `${path} (mode ${bits.toString(8).padStart(4, "0")}) can${isReadable ? "" : "not"} be read by every login of the host.`;
    return isReadable ? { supports: [onHost(host.host, says)], against: [], circumstantial: true } : { supports: [], against: [onHost(host.host, says)] };
  }
  return undefined;
};

const OTHERS_READ = 0o004;

export const mode: Mode = {
  id: "job-file-readable",
  title: "The job file shows what no_log hides",
  why: "no_log is about Ansible's own output. The result of a job, with its command line and all it printed, lies in a job file of mode 0644, and every login of the host that can get into the directory can read it.",
  do: "Make the async directory with mode 0700 before the job is started, and remove the job file with mode: cleanup after the wait.",
  messages: [],
  lint,
  symptom: cannot("no log tells who has read a file"),
  probe,
  fix: cannot("the directory has to be made by a task of its own, as the user that the job runs as"),
};

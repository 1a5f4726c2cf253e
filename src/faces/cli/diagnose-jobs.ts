// `longhaul diagnose --jid`: from the id of a job to how it is, and why; without a log.

import { diagnose } from "../../engine/diagnose.ts";
import { lookAtPattern } from "../../engine/host-look.ts";
import { questionOf } from "../../engine/host-questions.ts";
import type { HostsRequest } from "../../engine/ports.ts";
import type { HostLook, HostLooks, JobRef } from "../../model/host-looks.ts";
import { isSameJob } from "../../model/host-traces.ts";
import { Problem } from "../../model/problem.ts";
import { createOutputReader } from "../../readers/output/read-output.ts";
import { jobsJson } from "./diagnose-json.ts";
import { jobsText } from "./diagnose-text.ts";
import type { DiagnoseOptions } from "./diagnose.ts";
import { crashExit } from "./diagnose.ts";
import type { World } from "./world.ts";

export interface DiagnoseJobsOptions extends Pick<DiagnoseOptions, "format" | "directories"> {
  /** Which hosts have them, as in Ansible. */
  readonly hosts: HostsRequest;
  readonly jids: readonly string[];
}

/** Names of job files of Ansible, and of mitogen. */
const JID = /^(?:j?\d{1,20}\.\d{1,20}|[0-9a-f]{16})$/;

/** Looks for jobs by their ids and says how they are, and why. Out: the exit code. Throws Problem. */
export async function runDiagnoseJobs(world: World, { hosts, jids, directories, format }: DiagnoseJobsOptions): Promise<number> {
  const bad = jids.find((jid) => !JID.test(jid));
  if (bad !== undefined) throw new Problem("bad-usage", `${bad}: no id of a job; it is what Ansible calls ansible_job_id, such as j482093556121.2231`);
  const looks = await lookAtPattern({ openHosts: world.openHosts, hosts, question: () => questionOf(jids, directories) });
  const story = createOutputReader().end();
  const result = diagnose({ story, modes: await world.modes(), hosts: looks, jobs: jids.flatMap((jid) => jobsToTell(jid, looks)) });
  world.out(format === "json" ? jobsJson(world.version, result.jobs) : jobsText(result, { columns: world.columns, color: world.color, directory: world.directory }));
  const isWell = result.jobs.every(({ causes, jobs: [now] }) => causes.length === 0 && (now?.state === "finished" || now?.state === "running" || now?.state === "starting"));
  return Math.max(crashExit(world, result), isWell ? 0 : 1);
}

/** A job is told where it is, and of every host that could not be looked at; where it is nowhere, of all that were. */
function jobsToTell(jid: string, looks: HostLooks): readonly JobRef[] {
  const all = [...looks.values()];
  const isFound = (look: HostLook): boolean => look.seen && look.sightings.some(({ report }) => isSameJob(report.jid, jid));
  const told = all.some(isFound) ? all.filter((look) => !look.seen || isFound(look)) : all;
  return told.map(({ host }) => ({ host, jid }));
}

// Reads logs, artifacts and databases for the durations of the jobs in them, whatever their form.

import { join, normalize } from "node:path/posix";
import type { Durations } from "../../../engine/durations/of-story.ts";
import { durationsOf } from "../../../engine/durations/of-story.ts";
import { Problem } from "../../../model/problem.ts";
import type { JobTime } from "../../../readers/artifact-events.ts";
import { araResultOf, eventsOfAra, inOrder, jobTimesIn, objectsIn } from "../../../readers/artifact-events.ts";
import { createOutputReader } from "../../../readers/output/read-output.ts";
import type { TaskTime } from "../../../readers/output/task-times.ts";
import { createTaskTimesReader } from "../../../readers/output/task-times.ts";
import type { World } from "../world.ts";

type Sources = Pick<World, "files" | "readChunks" | "readAra">;

/** Of JSON the times are read too, which needs it as a whole; of more than this only what the results say themselves. */
const JSON_MAX_BYTES = 128 * 1024 * 1024;
/** Event files of one run. */
const EVENTS_MAX = 200_000;

/** In: a path, the project its work belongs to, and when it was over at the latest. Out: the durations in it. Throws Problem for what is none of the formats. */
export async function gather(world: Sources, path: string, around: { readonly project: string; readonly at: number }): Promise<Durations> {
  const files = eventFiles(world, path);
  if (files !== undefined) return ofObjects(files.flatMap((file) => objectsIn(textOf(world, file)) ?? []), path, around);
  const ara = path === "-" ? undefined : await world.readAra(path);
  if (ara !== undefined) return ofObjects(eventsOfAra(ara), path, around);
  return ofLog(world, path, around);
}

/** The event files of an artifact directory of ansible-runner: `job_events`, what is around it, or all runs below a private data directory. */
function eventFiles({ files }: Sources, path: string): readonly string[] | undefined {
  const entries = files.list(path);
  if (entries.length === 0) return undefined;
  const runs = entries.includes("artifacts/") ? files.list(join(path, "artifacts")).filter((name) => name.endsWith("/")).map((name) => join(path, "artifacts", name)) : [path];
  const found = runs.flatMap((run) => {
    const directory = files.list(run).includes("job_events/") ? join(run, "job_events") : run;
    return files.list(directory).filter((name) => /^\d+-[0-9a-f-]+\.json$/.test(name)).map((name) => normalize(join(directory, name)));
  });
  if (found.length === 0) throw new Problem("not-ansible-output", `${path}: is a directory without job_events of ansible-runner; name a log file, an artifact directory or ARA's database`);
  if (found.length > EVENTS_MAX) throw new Problem("cannot-read", `${path}: more than ${EVENTS_MAX} events; name the directory of one run`);
  return found;
}

function textOf({ files }: Sources, path: string): string {
  const reading = files.read(path);
  return reading?.ok === true ? reading.text : "";
}

async function ofLog(world: Sources, path: string, around: { readonly project: string; readonly at: number }): Promise<Durations> {
  const reader = createOutputReader();
  const times = createTaskTimesReader();
  const json: Uint8Array[] = [];
  let [bytes, isJson] = [0, true];
  await world.readChunks(path, (chunk) => {
    reader.push(chunk);
    times.push(chunk);
    if (bytes === 0) isJson = /^\s*[{[]/.test(Buffer.from(chunk).toString("latin1", 0, 1_000));
    bytes += chunk.byteLength;
    if (isJson && bytes <= JSON_MAX_BYTES) json.push(chunk.slice());
  });
  const objects = isJson && bytes <= JSON_MAX_BYTES ? objectsIn(Buffer.concat(json).toString("utf8")) : undefined;
  if (objects !== undefined) {
    const ara = objects.flatMap((object) => araResultOf(object) ?? []);
    if (isAraList(objects)) throw new Problem("not-ansible-output", `${path}: a list of ARA's API has no contents of results; name its database (~/.ara/server/ansible.sqlite) or what /api/v1/results/ID gives`);
    if (ara.length > 0) return ofObjects(eventsOfAra(ara), path, around);
    if (objects.some((object) => typeof object["event"] === "string")) return ofObjects(objects, path, around);
  }
  const story = reader.end();
  if (story.form === "none") throw notAnsible(path);
  return durationsOf({ story, taskTimes: times.end(), jobTimes: objects === undefined ? new Map() : jobTimesIn(objects), ...around });
}

function isAraList(objects: readonly Record<string, unknown>[]): boolean {
  return objects.length > 0 && objects.every((object) => typeof object["task"] === "number" && typeof object["playbook"] === "number" && !("content" in object));
}

function ofObjects(objects: readonly Record<string, unknown>[], path: string, around: { readonly project: string; readonly at: number }): Durations {
  const events = inOrder(objects);
  const reader = createOutputReader();
  for (const event of events) reader.push(Buffer.from(`${JSON.stringify(event)}\n`));
  const story = reader.end();
  const jobTimes: ReadonlyMap<string, JobTime> = jobTimesIn(events);
  const taskTimes: readonly TaskTime[] = [];
  if (story.form === "none" && events.length > 0) throw notAnsible(path);
  return durationsOf({ story, taskTimes, jobTimes, ...around });
}

function notAnsible(path: string): Problem {
  return new Problem("not-ansible-output", `${path}: nothing in it that Ansible prints; name output of ansible-playbook, an artifact directory of ansible-runner, events of AWX, or ARA's database`);
}


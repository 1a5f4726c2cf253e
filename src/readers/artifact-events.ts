// JSON that tells of a run in events or records rather than in a log: job events of ansible-runner and AWX, the JSON callbacks, ARA's API.
// They become the lines that readers/output reads, and the times of the jobs in them.

import type { AraResult } from "../model/ara-result.ts";
import { isRecord, parseObject } from "./output/result-fields.ts";

/** When a job was seen to begin and to end, in seconds since 1970. */
export interface JobTime {
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export function jobKey(host: string, jid: string): string {
  return `${host}\n${jid}`;
}

/** In: a JSON text. Out: its objects in order: a document's, those of a list or of the pages of an API, or one a line; undefined where it is no JSON. */
export function objectsIn(text: string): readonly Record<string, unknown>[] | undefined {
  const whole = parsed(text);
  if (Array.isArray(whole)) return recordsIn(whole);
  if (isRecord(whole)) return Array.isArray(whole["results"]) ? recordsIn(whole["results"]) : [whole];
  const lines = text.split("\n").filter((line) => line.startsWith("{")).flatMap((line) => {
    const object = parseObject(line);
    return object === undefined ? [] : [object];
  });
  return lines.length === 0 ? undefined : lines;
}

function recordsIn(value: unknown): readonly Record<string, unknown>[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.flatMap((item) => (isRecord(item) ? [item] : []));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Events in the order in which they happened; other objects stay where they are. */
export function inOrder(objects: readonly Record<string, unknown>[]): readonly Record<string, unknown>[] {
  const counter = (object: Record<string, unknown>): number => (typeof object["counter"] === "number" ? object["counter"] : 0);
  return objects.toSorted((a, b) => counter(a) - counter(b));
}

/** In: objects of any of the formats. Out: the times of the jobs that they tell of, by host and jid. */
export function jobTimesIn(objects: readonly Record<string, unknown>[]): ReadonlyMap<string, JobTime> {
  const times = new Map<string, JobTime>();
  for (const object of objects) for (const seen of resultsIn(object)) note(times, seen);
  return times;
}

interface Seen {
  readonly host: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** Adds what a result tells: a launch when it was started, anything else when it was seen to have ended. */
function note(times: Map<string, JobTime>, { host, result, start, end }: Seen): void {
  const jid = result["ansible_job_id"];
  if (typeof jid !== "string") return;
  const key = jobKey(host, jid);
  const before = times.get(key);
  const isOpen = String(result["finished"]) === "0" || result["finished"] === false;
  // The last look counts: the one that found the job at its end.
  const startedAt = before?.startedAt ?? start;
  const endedAt = isOpen ? undefined : end;
  times.set(key, { ...(startedAt === undefined ? {} : { startedAt }), ...(endedAt === undefined ? {} : { endedAt }) });
}

function resultsIn(object: Record<string, unknown>): readonly Seen[] {
  const data = object["event_data"];
  if (isRecord(data)) {
    const isResult = /^runner_(?:item_)?on_(?:ok|failed)$/.test(String(object["event"]));
    const start = secondsOf(data["start"]);
    return isResult ? seenIn(String(data["host"]), data["res"], { start, end: secondsOf(data["end"]) ?? secondsOf(object["created"]) }) : [];
  }
  if (typeof object["_event"] === "string") return taskResults(object, secondsOf(object["_timestamp"]));
  return recordsIn(object["plays"]).flatMap((play) => recordsIn(play["tasks"])).flatMap((task) => taskResults(task, undefined));
}

/** `{"task": {"duration": {"start": …, "end": …}}, "hosts": {…}}` of the callbacks json and jsonl. */
function taskResults(entry: Record<string, unknown>, now: number | undefined): readonly Seen[] {
  const task = isRecord(entry["task"]) ? entry["task"] : {};
  const duration = isRecord(task["duration"]) ? task["duration"] : {};
  const times = { start: secondsOf(duration["start"]), end: now ?? secondsOf(duration["end"]) };
  return Object.entries(isRecord(entry["hosts"]) ? entry["hosts"] : {}).flatMap(([host, result]) => seenIn(host, result, times));
}

function seenIn(host: string, result: unknown, times: { readonly start: number | undefined; readonly end: number | undefined }): readonly Seen[] {
  if (!isRecord(result)) return [];
  return [result, ...recordsIn(result["results"])].map((each) => ({ host, result: each, ...times }));
}

/** ISO 8601, in UTC where it names no zone: what Ansible's callbacks and ansible-runner write. */
function secondsOf(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(value);
  const milliseconds = Date.parse(`${value.replace(" ", "T")}${hasZone ? "" : "Z"}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

/** In: an object of ARA's API. Out: it as a result of ARA; undefined where it is none, or has no content (the lists of the API have none). */
export function araResultOf(object: Record<string, unknown>): AraResult | undefined {
  const { content, task, host, play, playbook } = object;
  if (!isRecord(content) || !isRecord(task) || !isRecord(host) || typeof object["started"] !== "string") return undefined;
  const text = (record: unknown, key: string): string => {
    const value = isRecord(record) ? record[key] : undefined;
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  return {
    host: text(host, "name"),
    status: text(object, "status"),
    started: text(object, "started"),
    ended: text(object, "ended"),
    play: text(play, "name"),
    playbook: text(playbook, "path"),
    task: { name: text(task, "name"), action: text(task, "action"), path: text(task, "path"), line: Number(task["lineno"] ?? 0), id: text(task, "id") },
    content,
  };
}

/** ARA's results as the job events that ansible-runner would have written. */
export function eventsOfAra(results: readonly AraResult[]): readonly Record<string, unknown>[] {
  return results.map(({ host, status, started, ended, play, playbook, task, content }) => ({
    event: `runner_on_${EVENTS.get(status) ?? "ok"}`,
    created: ended,
    event_data: {
      host, play, playbook, play_uuid: `${playbook} ${play}`, task: task.name, task_uuid: task.id, task_action: task.action, task_path: task.path === "" ? "" : `${task.path}:${task.line}`,
      start: started, end: ended, res: content, ...(status === "ignored" ? { ignore_errors: true } : {}),
    },
  }));
}

const EVENTS: ReadonlyMap<string, string> = new Map([["failed", "failed"], ["ignored", "failed"], ["skipped", "skipped"], ["unreachable", "unreachable"]]);

// Reads single JSON objects: events of the jsonl callback (`_event`) and job events of ansible-runner (`event`, `event_data`).

import type { Quote, ResultStatus } from "../../model/story.ts";
import { itemText, keepResult } from "./json-results.ts";
import { isRecord, readFields } from "./result-fields.ts";
import { readPlace } from "./short-lines.ts";
import { safeName, safeQuote } from "./safe-text.ts";
import type { StoryBuilder } from "./story-builder.ts";

const STATUS: Readonly<Record<string, ResultStatus>> = { ok: "ok", failed: "failed", skipped: "skipped", unreachable: "unreachable" };

export class JsonEvents {
  readonly #story: StoryBuilder;
  /** The id of the task under way. */
  #task: string | undefined;
  #play: string | undefined;

  constructor(story: StoryBuilder) {
    this.#story = story;
  }

  /** One object. In: its values by key, and its line. */
  event(values: ReadonlyMap<string, unknown>, line: number): void {
    const name = values.get("_event");
    if (typeof name === "string" && name.startsWith("v2_")) {
      this.#story.seen("json");
      this.#callbackEvent(name.slice("v2_".length), values, line);
      return;
    }
    const runner = values.get("event");
    const data = values.get("event_data");
    if (typeof runner !== "string" || !isRecord(data)) return;
    this.#story.seen("json");
    this.#runnerEvent(runner, data, line);
  }

  /** A task on a host in an artifact of ansible-navigator: the data of a job event, with the outcome in `__result`. */
  artifactTask(data: Record<string, unknown>, line: number): void {
    const outcome = textIn(data, "__result").toLowerCase();
    const name = outcome === "ignored" ? "failed" : outcome;
    this.#runnerEvent(`runner_on_${name}`, { ...data, ignore_errors: outcome === "ignored" }, line);
  }

  /** `stats` of the callbacks: host -> counts. */
  stats(stats: Record<string, unknown>, line: number): void {
    for (const [host, counts] of Object.entries(stats)) {
      if (!isRecord(counts)) continue;
      this.#recap(host, (key) => numberIn(counts, key), line);
    }
  }

  #callbackEvent(name: string, values: ReadonlyMap<string, unknown>, line: number): void {
    const play = values.get("play");
    if (name === "playbook_on_play_start" && isRecord(play)) this.#story.startPlay(textIn(play, "name"));
    const stats = values.get("stats");
    if (name === "playbook_on_stats" && isRecord(stats)) this.stats(stats, line);
    const task = values.get("task");
    if (!isRecord(task)) return;
    this.#startTask({ id: textIn(task, "id"), name: textIn(task, "name"), path: textIn(task, "path"), handler: name.includes("handler"), line });
    const hosts = values.get("hosts");
    const status = /^runner_on_(ok|failed|skipped|unreachable)$/.exec(name)?.[1];
    if (!isRecord(hosts) || status === undefined) return;
    for (const [host, result] of Object.entries(hosts)) this.#result({ host, result, status, line });
  }

  #runnerEvent(name: string, data: Record<string, unknown>, line: number): void {
    const story = this.#story;
    if (name === "playbook_on_start" && textIn(data, "playbook") !== "") story.playbook(safeName(textIn(data, "playbook")));
    if (name === "playbook_on_play_start" || (textIn(data, "play") !== "" && textIn(data, "play_uuid") !== this.#play)) {
      this.#play = textIn(data, "play_uuid");
      story.startPlay(textIn(data, "play"));
    }
    if (name === "playbook_on_stats") this.#runnerStats(data, line);
    const role = textIn(data, "role");
    const bare = textIn(data, "task");
    if (textIn(data, "task_uuid") === "" && bare === "") return;
    this.#startTask({
      id: textIn(data, "task_uuid") === "" ? `${role}/${bare}/${textIn(data, "task_path")}` : textIn(data, "task_uuid"),
      name: role === "" || bare.startsWith(`${role} : `) ? bare : `${role} : ${bare}`,
      path: textIn(data, "task_path"),
      action: textIn(data, "task_action"),
      handler: name.includes("handler"),
      line,
    });
    const host = safeName(textIn(data, "host"));
    const result = data["res"];
    const status = /^runner_(?:item_)?on_(ok|failed|skipped|unreachable)$/.exec(name)?.[1];
    if (status !== undefined) {
      const isItem = name.startsWith("runner_item_on_");
      const whole = isRecord(result) && Array.isArray(result["results"]) && !isItem;
      // The items of a loop had events of their own.
      if (!whole) this.#result({ host, result, status, line, isItem, ignored: data["ignore_errors"] === true });
    }
    const end = /^runner_on_async_(poll|ok|failed)$/.exec(name)?.[1];
    if (end === undefined) return;
    const jid = isRecord(result) ? textIn(result, "ansible_job_id") : textIn(data, "jid");
    const what = end === "poll" ? "poll" : end === "ok" ? "ok" : "failed";
    story.async({ what, host, jid: safeName(jid), quote: quoteOf(name, result, line) });
  }

  #startTask(task: {
    readonly id: string; readonly name: string; readonly path: string; readonly handler: boolean; readonly line: number; readonly action?: string;
  }): void {
    if (task.id !== "" && task.id === this.#task) return;
    this.#task = task.id;
    const started = this.#story.startTask(task.name, task.handler, { line: task.line, text: safeQuote(JSON.stringify(task.name)) });
    const place = readPlace(task.path);
    if (place !== undefined) this.#story.tasks.place(started, place.file, place.line);
    if (task.action !== undefined && task.action !== "") started.action ??= safeName(task.action);
  }

  #result(found: {
    readonly host: string; readonly result: unknown; readonly status: string; readonly line: number; readonly isItem?: boolean; readonly ignored?: boolean;
  }): void {
    if (!isRecord(found.result)) return;
    const text = JSON.stringify(found.result);
    const status = STATUS[found.status] ?? "ok";
    const item = found.isItem === true ? { item: safeName(itemText(found.result["_ansible_item_label"] ?? found.result["item"])) } : {};
    keepResult(this.#story, {
      host: safeName(found.host),
      fields: readFields(text),
      chars: text.length,
      quote: quoteOf(safeName(found.host), found.result, found.line),
      status: status === "ok" && found.result["changed"] === true ? "changed" : status,
      ignored: found.ignored === true && status === "failed",
      ...item,
    });
  }

  /** Counts by kind, then by host. */
  #runnerStats(data: Record<string, unknown>, line: number): void {
    const processed = data["processed"];
    if (!isRecord(processed)) return;
    const key: Readonly<Record<string, string>> = { unreachable: "dark" };
    for (const host of Object.keys(processed)) {
      this.#recap(host, (kind) => {
        const counts = data[key[kind] ?? kind];
        return isRecord(counts) ? numberIn(counts, host) : 0;
      }, line);
    }
  }

  #recap(host: string, count: (key: string) => number, line: number): void {
    this.#story.recap({
      host: safeName(host),
      ok: count("ok"),
      changed: count("changed"),
      unreachable: count("unreachable"),
      failed: count("failures"),
      skipped: count("skipped"),
      rescued: count("rescued"),
      ignored: count("ignored"),
      quote: { line, text: safeQuote(`${host}: ok=${count("ok")} failures=${count("failures")} unreachable=${count("unreachable")}`) },
    });
  }
}

function quoteOf(label: string, value: unknown, line: number): Quote {
  return { line, text: safeQuote(`${JSON.stringify(label)}: ${JSON.stringify(value ?? null)}`) };
}

function textIn(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  return typeof value === "string" ? value : "";
}

function numberIn(record: Record<string, unknown>, key: string): number {
  const value = record[key];
  return typeof value === "number" ? value : 0;
}

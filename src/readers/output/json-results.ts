// Keeps results that came as JSON: the status from their fields, loops item by item.

import type { LoggedResult, Quote, ResultStatus } from "../../model/story.ts";
import { isRecord } from "./result-fields.ts";
import type { Fields } from "./result-fields.ts";
import { safeName } from "./safe-text.ts";
import type { StoryBuilder } from "./story-builder.ts";

export interface JsonResult {
  readonly host: string;
  readonly fields: Fields;
  /** Length of the text that the fields were read from. */
  readonly chars: number;
  readonly quote: Quote;
  /** Where the event says it; else the fields tell. */
  readonly status?: ResultStatus;
  readonly item?: string;
  readonly ignored?: boolean;
}

/** Keeps a result of a JSON form; of a loop, each item that failed or speaks of a job. */
export function keepResult(story: StoryBuilder, result: JsonResult): void {
  const { fields } = result.fields;
  const items = fields["results"];
  const elements: readonly unknown[] = Array.isArray(items) ? items : [];
  const looped = elements.filter((item) => isRecord(item) && "ansible_loop_var" in item) as readonly LoggedResult["fields"][];
  if (looped.length > 0) {
    const { host, quote } = result;
    const ignored = result.ignored === true;
    const chars = Math.ceil(result.chars / looped.length);
    for (const fieldsOfItem of looped) {
      const own = fields["action"] === undefined ? fieldsOfItem : { action: fields["action"], ...fieldsOfItem };
      keepOne(story, { host, quote, ignored, chars, fields: { fields: own, partial: result.fields.partial }, item: safeName(labelOf(own)) });
    }
    return;
  }
  keepOne(story, result);
}

function keepOne(story: StoryBuilder, result: JsonResult): void {
  const { fields } = result.fields;
  const status = result.status ?? statusOf(fields);
  const { host } = result;
  const speaks = status === "failed" || status === "unreachable" || "ansible_job_id" in fields || "async_result" in fields;
  if (!speaks) {
    story.passed(host, result.item !== undefined, () => result.quote);
    return;
  }
  const head = { host, status, ...(result.item === undefined ? {} : { item: result.item }), ...delegateOf(fields) };
  const kept = story.result({ head, fields: result.fields, chars: result.chars, quote: result.quote });
  if (kept !== undefined && result.ignored === true && (status === "failed" || status === "unreachable")) kept.ignored = true;
}

function labelOf(item: LoggedResult["fields"]): string {
  const variable = item["ansible_loop_var"];
  return itemText(item["_ansible_item_label"] ?? item[typeof variable === "string" ? variable : "item"]);
}

function delegateOf(fields: LoggedResult["fields"]): { readonly delegatedTo?: string } {
  const vars = fields["_ansible_delegated_vars"];
  const host = isRecord(vars) ? vars["ansible_delegated_host"] : undefined;
  return typeof host === "string" ? { delegatedTo: safeName(host) } : {};
}

function statusOf(fields: LoggedResult["fields"]): ResultStatus {
  if (fields["unreachable"] === true) return "unreachable";
  if (fields["failed"] === true || fields["failed"] === 1) return "failed";
  if (fields["skipped"] === true) return "skipped";
  return fields["changed"] === true ? "changed" : "ok";
}

/** The item of a loop as the callbacks print it. */
export function itemText(value: unknown): string {
  if (typeof value === "string") return value;
  return isRecord(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}

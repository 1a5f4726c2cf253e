// What Ansible makes of a value of async, poll, retries or delay that is no plain number. Tried on 2.14 to 2.21.

import type { CoreRange } from "../../model/cores.ts";
import type { Severity } from "../../model/finding.ts";
import type { Setting } from "../../model/playbook.ts";
import type { YamlNode, YamlScalar } from "../../model/yaml.ts";

export type Key = "async" | "async_val" | "poll" | "retries" | "delay";

export interface Fault {
  readonly severity: Severity;
  /** What is there, as a sentence part: "`1h` is no number". */
  readonly is: string;
  readonly why: string;
  /** Of a warning: when it fails. */
  readonly condition?: string;
  readonly cores?: CoreRange;
  /** The text to write instead, where the author's meaning is evident. */
  readonly repair?: { readonly text: string; readonly seconds?: number; readonly safe: boolean };
}

const FAILS = "The task fails before it does anything, with a message about an invalid value that could not be converted.";
const FAILS_FROM_2_18 = `${FAILS} Up to 2.17 what stands after the point was dropped.`;

/** In: a keyword, its value and how it reads. Out: what is wrong with it, or undefined. */
export function faultOf(key: Key, node: YamlNode, setting: Setting): Fault | undefined {
  if (node.kind !== "scalar") return { severity: "error", is: `a ${node.kind} is no number`, why: FAILS };
  if (node.tag !== undefined) return undefined;
  if (typeof node.value === "string") return /\{\{|\{%/.test(node.value) ? templateFault(key, node, setting) : textFault(key, node.value);
  if (node.value === null) return nullFault(key);
  if (typeof node.value === "boolean") return node.value && isAsync(key) ? yesFault(node) : undefined;
  return numberFault(key, node.value, node.raw);
}

function isAsync(key: Key): boolean {
  return key === "async" || key === "async_val";
}

function nullFault(key: Key): Fault | undefined {
  const compared = "`'>' not supported between instances of 'NoneType' and 'int'`";
  if (isAsync(key)) return { severity: "error", is: "there is no value", why: `Ansible runs the work in the foreground, to its end, and then fails the task with ${compared}.` };
  if (key === "poll") return { severity: "error", is: "there is no value", why: `Ansible starts the job, and then fails the task with ${compared}. The job runs on.` };
  if (key === "delay") return { severity: "error", is: "there is no value", why: "Ansible fails the task with `'<' not supported between instances of 'NoneType' and 'int'`." };
  return undefined;
}

function yesFault(node: YamlScalar): Fault {
  return {
    severity: "warning",
    condition: "the job takes longer than a second",
    is: `\`${node.raw}\` is a limit of one second`,
    why: "A polled task gives up after its first poll. The job itself is killed after ten seconds up to 2.17; from 2.18 on its watcher cannot read the value, so that nothing stops it.",
  };
}

function numberFault(key: Key, value: number, raw: string): Fault | undefined {
  if (!Number.isFinite(value)) return { severity: "error", is: `\`${raw}\` is no whole number`, why: FAILS };
  if (!Number.isInteger(value)) return key === "delay" ? undefined : fractionFault(key, value, raw);
  if (value < 0 && isAsync(key)) {
    return { severity: "error", is: `${value} is less than nothing`, why: "Ansible starts the job and goes on at once, whatever poll says: nobody waits for it, and its failure is never seen." };
  }
  if (value < 0 && key === "poll") {
    return { severity: "info", is: `${value} means poll: 0`, why: "The task starts the job and does not wait for it; the number says nothing.", repair: { text: "0", safe: true } };
  }
  return undefined;
}

function fractionFault(key: Key, value: number, raw: string): Fault {
  const text = String(Math.max(1, Math.ceil(value)));
  // Half of what is not evident for a limit: an hour, perhaps.
  return { severity: "error", is: `${raw} is no whole number`, why: FAILS_FROM_2_18, cores: { from: "2.18" }, ...(value > 0 ? { repair: { text, safe: !isAsync(key) } } : {}) };
}

function textFault(key: Key, written: string): Fault | undefined {
  const text = written.trim();
  if (/^[-+]?\d+(?:_\d+)*$/.test(text)) return numberFault(key, Number(text.replaceAll("_", "")), text);
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return decimalFault(key, Number(text), text);
  const seconds = secondsIn(text);
  const count = /^(\d+)\s*(?:x|times|tries|retries)$/.exec(text)?.[1];
  const repair = key === "retries" ? (count ?? productIn(text)) : seconds;
  return {
    severity: "error",
    is: text === "" ? "an empty text is no number" : `\`${text}\` is no number`,
    why: FAILS,
    ...(repair === undefined ? {} : { repair: { text: String(repair), safe: true, ...(key === "retries" ? {} : { seconds: Number(repair) }) } }),
  };
}

/** "1e3", "5.0", "1.5" as texts: `int()` up to 2.17 takes none of them, later the whole ones; delay is a float from 2.17. */
function decimalFault(key: Key, value: number, text: string): Fault | undefined {
  if (key === "delay") {
    return { severity: "error", is: `\`${text}\` is no whole number`, why: FAILS, cores: { to: "2.16" }, repair: { text: String(Math.ceil(value)), safe: true } };
  }
  if (!Number.isInteger(value)) {
    const { cores: _, ...everywhere } = fractionFault(key, value, `\`${text}\``);
    return { ...everywhere, why: FAILS };
  }
  return { severity: "error", is: `\`${text}\` is no whole number`, why: FAILS, cores: { to: "2.17" }, repair: { text: String(value), safe: true } };
}

const UNITS: ReadonlyMap<string, number> = new Map(
  ([[1, "s sec secs second seconds"], [60, "m min mins minute minutes"], [3600, "h hr hrs hour hours"], [86_400, "d day days"]] as const).flatMap(
    ([factor, names]) => names.split(" ").map((name) => [name, factor] as const),
  ),
);

/** "1h", "90 min", "1h30m", "60 * 60". */
function secondsIn(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?\s*[A-Za-z]+\s*)+$/.test(text)) return productIn(text);
  let seconds = 0;
  for (const [, amount, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)\s*([A-Za-z]+)/g)) {
    const factor = UNITS.get(unit.length > 1 ? unit.toLowerCase() : unit);
    if (factor === undefined) return undefined;
    seconds += Number(amount) * factor;
  }
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}

function productIn(text: string): number | undefined {
  return /^\d+(?:\s*\*\s*\d+)+$/.test(text) ? text.split("*").reduce((product, part) => product * Number(part), 1) : undefined;
}

function templateFault(key: Key, node: YamlScalar, setting: Setting): Fault | undefined {
  if (setting.kind === "invalid") return { severity: "error", is: `its template gives \`${setting.written}\`, which is no number`, why: FAILS };
  if (setting.kind === "number" && setting.value < 0) return withoutRepair(numberFault(key, setting.value, String(setting.value)));
  const inner = divisionIn(node.raw);
  if (inner === undefined) return undefined;
  return {
    severity: "warning",
    condition: "jinja2_native is off, as it is by default",
    is: "a division with / gives a number with a point",
    why: `In a template ${key === "delay" ? "up to 2.16" : "up to 2.17"} that is a text like \`12.0\`, which could not be converted to an int (unless jinja2_native is on): the task fails before it does anything.`,
    cores: key === "delay" ? { to: "2.16" } : { to: "2.17" },
    repair: { text: node.raw.replace(inner, () => `(${inner}) | int`), safe: true },
  };
}

function withoutRepair(fault: Fault | undefined): Fault | undefined {
  if (fault?.repair === undefined) return fault;
  const { repair: _, ...rest } = fault;
  return rest;
}

/** The expression of a template that is nothing but arithmetic with a true division: its type is certain, whatever the values are. */
function divisionIn(raw: string): string | undefined {
  const inner = /^\s*\{\{-?\s*([^{}]*?)\s*-?\}\}\s*$/.exec(raw)?.[1];
  if (inner === undefined) return undefined;
  // Filters on single names bind closer than the division: `a / b | int` is still a float.
  const bare = inner.replaceAll(/([\w\])]|^)\s*\|\s*(?:int|float|default\(\s*\d+\s*\))(?=[\s)*/+-]|$)/g, (whole, before: string) => (before === ")" ? whole : before));
  const plain = bare.replaceAll(/\['\w+'\]/g, "");
  return /^[\w.\s+\-*/()]+$/.test(plain) && /[^/]\/[^/]/.test(plain) && !/\w\s*\(/.test(plain) && !/\b(?:if|else|and|or|not|in|is)\b/.test(plain) ? inner : undefined;
}

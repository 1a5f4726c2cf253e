// Async playbooks by the hundred, the same for the same seed: every keyword that meets async, in mixtures.

import { stringify } from "yaml";
import type { Part } from "./parts.ts";
import { PARTS, SLOW_PARTS, fatal } from "./parts.ts";
import type { Start, Yaml } from "./sheet.ts";
import { Sheet } from "./sheet.ts";

/** A generated playbook. What is named in it belongs to it alone, so that one start of ansible-playbook can play many. */
export interface Unit {
  /** e17; its hosts are e17-1, e17-2 … */
  readonly id: string;
  readonly start: Start;
  readonly features: readonly string[];
  /** By path, relative to a folder of its own: `site.yml` and what it needs. */
  readonly files: ReadonlyMap<string, string>;
  readonly hosts: readonly Host[];
  /** All of its hosts may fail, and nothing that comes after it in the same start is played then. */
  readonly isLast: boolean;
}

export interface Host {
  readonly name: string;
  readonly connection: "local" | "ssh";
  readonly isPipelining: boolean;
}

const STARTS: readonly Start[] = ["usual", "usual", "usual", "usual", "usual", "usual", "usual", "usual", "check", "diff", "keep", "one fork", "tags", "skip tags"];
/** One in so many playbooks has a part that plain Ansible takes long for. */
const SLOW_ODDS = 0.05;

export function generate(count: number, seed: number): readonly Unit[] {
  return Array.from({ length: count }, (_, n) => unit(n, seed * 1009 + n));
}

function unit(number: number, seed: number): Unit {
  const sheet = new Sheet(`e${number + 1}`, seed, { start: STARTS[number % STARTS.length] ?? "usual", hostCount: (draw) => draw.pick([1, 1, 1, 2, 2, 3]) });
  const connection = sheet.pick(["local", "ssh"] as const);
  const isPipelining = sheet.isLucky(0.5);
  const parts: Part[] = Array.from({ length: sheet.pick([1, 1, 2, 2, 3]) }, () => sheet.pick(PARTS));
  if (sheet.isLucky(SLOW_ODDS)) parts.push(sheet.pick(SLOW_PARTS));
  const end = sheet.pick<readonly Part[]>([[], [], [], [], [fatal]]);
  const tasks = [...parts, ...end].flatMap((part) => part(sheet));
  const around = playKeywords(sheet);
  sheet.feature(`${connection}, pipelining ${isPipelining ? "on" : "off"}`);
  if (sheet.start !== "usual") sheet.feature(sheet.start);
  const hosts = Array.from({ length: sheet.hostCount }, (_, n) => ({ name: sheet.host(n + 1), connection, isPipelining }));
  const isLast = end.length > 0 && (hosts.length === 1 || "serial" in around || "any_errors_fatal" in around || sheet.start === "check");
  sheet.files.set("site.yml", stringify([play(sheet, tasks, around)], { lineWidth: 0, aliasDuplicateObjects: false }));
  return { id: sheet.id, start: sheet.start, features: [...sheet.features].toSorted(), files: sheet.files, hosts, isLast };
}

function playKeywords(sheet: Sheet): Yaml {
  const around = sheet.pick<Yaml>([
    {}, {}, {}, {}, { strategy: "free" }, { strategy: "free" }, { serial: 1 }, { serial: [1, "100%"] }, { environment: { ROLE: "of the play" } }, { vars: { word: "of the play" } }, { any_errors_fatal: true },
    { order: "reverse_inventory" },
  ]);
  for (const key of Object.keys(around)) sheet.feature(`${key} of the play`);
  return around;
}

function play(sheet: Sheet, tasks: readonly Yaml[], around: Yaml): Yaml {
  const told = Object.fromEntries(sheet.registers.map((name) => [name, `{{ ${name} | default('nothing') | to_json }}`]));
  const tell = { name: "all registered", debug: { msg: told }, tags: ["always"] };
  // Told in any case, also when a task has failed that nothing guards.
  const all = sheet.isLucky(0.5) ? [{ block: tasks, always: [tell] }] : [...tasks, tell];
  const handlers = sheet.handlers.length === 0 ? {} : { handlers: sheet.handlers };
  return { name: `Playbook ${sheet.id}`, hosts: `${sheet.id}-*`, gather_facts: false, ...around, tasks: all, ...handlers };
}

// What a generated playbook is made of while it is being made: a seeded draw, names, files, handlers, and what has been registered.

import type { Chance } from "../../bench/chance.ts";
import { chanceFrom } from "../../bench/chance.ts";

/** A task, block or play, as YAML has it. */
export interface Yaml {
  readonly [key: string]: unknown;
}

/** What a start of ansible-playbook decides for all that is played in it. */
export type Start = "usual" | "check" | "diff" | "keep" | "one fork" | "tags" | "skip tags";

/** One playbook, still growing. */
export class Sheet {
  readonly #chance: Chance;
  #names = 0;
  readonly id: string;
  readonly start: Start;
  readonly hostCount: number;
  readonly registers: string[] = [];
  readonly handlers: Yaml[] = [];
  readonly features: Set<string> = new Set();
  /** Beside the playbook, by path. */
  readonly files: Map<string, string> = new Map();

  /** In: the playbook's name, its seed, and what was decided before. */
  constructor(id: string, seed: number, { start, hostCount }: { readonly start: Start; readonly hostCount: (draw: Sheet) => number }) {
    this.id = id;
    this.#chance = chanceFrom(seed);
    this.start = start;
    this.hostCount = hostCount(this);
  }

  below(count: number): number {
    return Math.floor(this.#chance() * count);
  }

  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  }

  isLucky(odds: number): boolean {
    return this.#chance() < odds;
  }

  /** Name of the host with this number, from 1 on. */
  host(number: number): string {
    return `${this.id}-${number}`;
  }

  /** A name that is nowhere else in the playbook. */
  name(stem: string): string {
    this.#names += 1;
    return `${stem}${this.#names}`;
  }

  /** The name of a register; its value at the end of the play is compared. */
  register(stem: string): string {
    const name = this.name(stem);
    this.registers.push(name);
    return name;
  }

  /** A module's name, short or long: the bridge has to be in the way of each. */
  module(name: string): string {
    return this.pick([name, `ansible.builtin.${name}`, `ansible.legacy.${name}`]);
  }

  feature(name: string): void {
    this.features.add(name);
  }
}

/** The status task of a job. In: the sheet, the expression of the jid, and further keywords. */
export function statusTask(sheet: Sheet, jid: string, more: Yaml): Yaml {
  const register = sheet.register("status");
  const until = sheet.pick([`${register} is finished`, `${register}.finished`, `${register}.finished | bool`]);
  sheet.feature("async_status");
  return { name: sheet.name("status of a job "), [sheet.pick(["async_status", "ansible.builtin.async_status"])]: { jid }, register, until, retries: 60, delay: sheet.pick([0, 1, 1]), ...more };
}

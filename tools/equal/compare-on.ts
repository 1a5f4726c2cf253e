// Generated playbooks on one ansible-core, played in both ways and compared, each by itself.

import { ALLOWED } from "./allowed.ts";
import type { Difference, Verdict } from "./compare.ts";
import { differences, judge } from "./compare.ts";
import type { Unit } from "./generate.ts";
import type { Played, Setting } from "./play.ts";
import { batches, play } from "./play.ts";

/** By playbook: names of the allowed differences that it had, or null where it differed in something else. */
export type Outcomes = Readonly<Record<string, readonly string[] | null>>;

/** How it is played, and who hears what comes out of each start. */
export interface Manner {
  readonly batch: number;
  readonly atOnce: number;
  readonly take: (outcomes: Outcomes, told: readonly string[]) => void;
}

export async function compareOn(units: readonly Unit[], setting: Setting, manner: Manner): Promise<void> {
  const left = [...batches(units, manner.batch)];
  const worker = async (): Promise<void> => {
    for (let batch = left.shift(); batch !== undefined; batch = left.shift()) {
      const plain = await play(batch, "plain", setting);
      const supervised = await play(batch, "supervised", setting);
      const outcomes: Record<string, readonly string[] | null> = {};
      const told: string[] = [];
      // One that failed on all of its hosts ended the start: the others are played in another.
      const played = batch.filter(({ id }) => plain.gave.has(id) || supervised.gave.has(id));
      const rest = batch.filter((unit) => !played.includes(unit));
      if (played.length > 0 && rest.length > 0) left.push(rest);
      for (const unit of played.length > 0 ? played : batch) {
        const { allowed, others } = compared(unit, { plain, supervised, isLast: unit === played.at(-1) });
        outcomes[unit.id] = others.length === 0 ? allowed : null;
        if (others.length > 0) told.push(`${unit.id} (${unit.features.join(", ")})`, ...others.map(line));
      }
      manner.take(outcomes, told);
    }
  };
  await Promise.all(Array.from({ length: manner.atOnce }, worker));
}

function compared({ id }: Unit, { plain, supervised, isLast }: { readonly plain: Played; readonly supervised: Played; readonly isLast: boolean }): Verdict {
  // One exit code for the whole start: it counts for the last, which may have ended it.
  const code = isLast ? differences(plain.code, supervised.code, ["exit code"]) : [];
  const isPlayed = plain.gave.has(id);
  const nothing = isPlayed ? [] : [{ path: ["not played"], plain: plain.output.slice(-600), supervised: supervised.output.slice(-600) }];
  return judge([...nothing, ...differences(plain.gave.get(id), supervised.gave.get(id)), ...code], ALLOWED);
}

function line({ path, plain, supervised }: Difference): string {
  const short = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 600);
  return `  ${path.join(" > ")}\n    plain      ${short(plain)}\n    supervised ${short(supervised)}`;
}

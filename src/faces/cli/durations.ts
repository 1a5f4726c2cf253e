// Times as people write and read them: 90s, 15m, 2h, 7d.

import { InvalidArgumentError } from "commander";

const UNITS: ReadonlyMap<string, number> = new Map([["s", 1], ["m", 60], ["h", 3600], ["d", 86_400], ["w", 604_800]]);

/** 42 is "42s", 4000 is "1h06m". Two units at most, days the largest. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole}s`;
  const units: readonly (readonly [number, string])[] = [[86_400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  const at = units.findIndex(([size]) => whole >= size);
  const [[size, unit] = [1, "s"], [smaller, name] = [1, "s"]] = units.slice(at, at + 2);
  return `${Math.floor(whole / size)}${unit}${String(Math.floor((whole % size) / smaller)).padStart(2, "0")}${name}`;
}

/** The same for what was measured: below ten seconds with a tenth. */
export function took(seconds: number): string {
  return seconds < 9.95 ? `${Number(seconds.toFixed(1))}s` : duration(Math.round(seconds));
}

/** What an option that takes a time is given. */
export type Seconds = number;

/** In: "90", "1.5h", "1d12h". Out: seconds. Throws commander's InvalidArgumentError for anything else. */
export function secondsOf(text: string): Seconds {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhdw]?)/g)];
  const isWhole = parts.map(([part]) => part).join("") === text && text !== "";
  if (!isWhole || (parts.length > 1 && parts.some(([, , unit]) => unit === ""))) throw new InvalidArgumentError("A time is a number with s, m, h, d or w: 90s, 15m, 2h, 7d.");
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS.get(unit ?? "") ?? 1), 0);
}

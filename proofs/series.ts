// The ansible-core series that proofs run on, and the ranges of series in which a statement holds.

/** Every stable series, oldest first, with the Pythons (minor versions of 3) its controller allows. */
export const allSeries: readonly Series[] = [
  { name: "2.14", pythons: [9, 10, 11] },
  { name: "2.15", pythons: [9, 10, 11] },
  { name: "2.16", pythons: [10, 11, 12] },
  { name: "2.17", pythons: [10, 11, 12] },
  { name: "2.18", pythons: [11, 12, 13] },
  { name: "2.19", pythons: [11, 12, 13] },
  { name: "2.20", pythons: [12, 13, 14] },
  { name: "2.21", pythons: [12, 13, 14] },
];

export interface Series {
  readonly name: string;
  readonly pythons: readonly number[];
}

/** A range of series; both ends belong to it, an absent end is open. */
export interface SeriesRange {
  readonly from?: string;
  readonly to?: string;
  /** The first series that no longer belongs to it, from `<2.17`. */
  readonly below?: string;
}

const NAME = /^\d+\.\d+$/;

/** `2.17+`, `<2.17`, `2.15-2.18` or `2.14` as a range; undefined where it is none of them. */
export function parseRange(text: string): SeriesRange | undefined {
  if (text.startsWith("<")) {
    const below = text.slice(1);
    return NAME.test(below) ? { below } : undefined;
  }
  if (text.endsWith("+")) {
    const from = text.slice(0, -1);
    return NAME.test(from) ? { from } : undefined;
  }
  const [from = "", to = from, ...rest] = text.split("-");
  return rest.length === 0 && NAME.test(from) && NAME.test(to) ? { from, to } : undefined;
}

/** Whether a series lies in a range; every series lies in an absent one. */
export function holdsFor(range: SeriesRange | undefined, series: string): boolean {
  if (range === undefined) return true;
  if (range.from !== undefined && compareSeries(series, range.from) < 0) return false;
  if (range.to !== undefined && compareSeries(series, range.to) > 0) return false;
  return range.below === undefined || compareSeries(series, range.below) < 0;
}

/** Negative when `a` is older than `b`. */
export function compareSeries(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

// Ranges of ansible-core series: where a mistake bites, and what a project runs on.

/** Series such as 2.17; both ends belong to it, an absent end is open. */
export interface CoreRange {
  readonly from?: string;
  readonly to?: string;
}

/** A range in words: "2.14 to 2.16", "2.17 and newer", "up to 2.16", "any version". */
export function coresText({ from, to }: CoreRange): string {
  if (from !== undefined && to !== undefined) return from === to ? from : `${from} to ${to}`;
  if (from !== undefined) return `${from} and newer`;
  return to === undefined ? "any version" : `up to ${to}`;
}

/** True where some series belongs to both. */
export function overlap(one: CoreRange, other: CoreRange): boolean {
  return !isAfter(one.from, other.to) && !isAfter(other.from, one.to);
}

function isAfter(from: string | undefined, to: string | undefined): boolean {
  return from !== undefined && to !== undefined && compareSeries(from, to) > 0;
}

/** The order of two series: negative where the first is older. 2.9 is older than 2.14. */
export function compareSeries(one: string, other: string): number {
  const [a, b] = [one, other].map((series) => series.split(".").map(Number));
  return (a?.[0] ?? 0) - (b?.[0] ?? 0) || (a?.[1] ?? 0) - (b?.[1] ?? 0);
}

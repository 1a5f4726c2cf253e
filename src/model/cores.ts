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

/** In: "2.16", "2.14-2.18", "2.17+" or several such. Out: the range from the oldest to the newest of them; undefined for anything else. */
export function parseCores(texts: readonly string[]): CoreRange | undefined {
  const ranges = texts.map((text) => {
    const match = /^(\d+\.\d+)(?:\.\d+)?(?:(\+)|\s*(?:-|to)\s*(\d+\.\d+)(?:\.\d+)?)?$/.exec(text.trim());
    if (match?.[1] === undefined) return undefined;
    return match[2] === undefined ? { from: match[1], to: match[3] ?? match[1] } : { from: match[1] };
  });
  const known = ranges.filter((range) => range !== undefined);
  if (known.length === 0 || known.length < ranges.length || known.some((range) => isAfter(range.from, range.to))) return undefined;
  const from = known.map((range) => range.from).toSorted(compareSeries)[0];
  const ends = known.flatMap((range) => range.to ?? []);
  const to = ends.length < known.length ? undefined : ends.toSorted(compareSeries).at(-1);
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/**
 * In: `requires_ansible` of a collection, a specifier of Python packages (`>=2.15.0,<2.18`). Out: the range, as far as it has
 * lower and upper bounds; undefined where it has none.
 */
export function coresOfSpecifier(specifier: string): CoreRange | undefined {
  const bounds = [...specifier.matchAll(/(>=|>|<=|<|==|~=)\s*(\d+\.\d+)(\.\d+)?/g)].map(([, operator = "", series = "", patch]) => ({ operator, series, patch }));
  const from = bounds.filter(({ operator }) => [">=", ">", "==", "~="].includes(operator)).map(({ series }) => series).toSorted(compareSeries).at(-1);
  const to = bounds.flatMap(({ operator, series, patch }) => {
    if (operator === "<=" || operator === "==" || (operator === "~=" && patch !== undefined)) return [series];
    // `<2.18` leaves 2.18 out; `<2.18.5` does not.
    if (operator === "<") return [patch === undefined || patch === ".0" ? seriesBefore(series) : series];
    return [];
  }).toSorted(compareSeries)[0];
  if (from === undefined && to === undefined) return undefined;
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** The series before one: 2.17 of 2.18. */
export function seriesBefore(series: string): string {
  const [major = "0", minor = "0"] = series.split(".");
  return `${major}.${Number(minor) - 1}`;
}

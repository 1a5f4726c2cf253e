// What the commands of the command line have in common.

/** How every help ends. */
export const EXITS = `
Exit codes: 0 nothing wrong, 1 found something, 2 asked wrongly or unreadable
input, 3 longhaul itself failed.`;

/** For an option that may be given many times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

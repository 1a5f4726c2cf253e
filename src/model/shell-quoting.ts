// Words for a shell to read.

/** The word in quotes: a shell takes it as it is, whatever is in it. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

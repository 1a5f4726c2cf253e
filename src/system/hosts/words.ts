// Words of a command line: taken apart as Python's shlex.split does, which is what Ansible uses, and quoted for a POSIX shell.

/** In: `-o "ProxyCommand=ssh -W %h:%p jump"`. Out: its words. Undefined where a quote is not closed. */
export function splitWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? "";
    const next = line[at + 1];
    if (quote === "'") {
      if (character === "'") quote = "";
      else word = (word ?? "") + character;
    } else if (character === "\\" && quote === "" && next === undefined) {
      return undefined;
    } else if (character === "\\" && (quote === "" || next === '"' || next === "\\")) {
      word = (word ?? "") + (next ?? "");
      at += 1;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}

/** One word for a POSIX shell, csh and fish. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

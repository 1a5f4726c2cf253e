// The commands that a document shows: those of its blocks of shell, and those behind a prompt.

/** In: Markdown. Out: command lines, in order, without their comments. */
export function shownCommands(text: string): readonly string[] {
  return [...text.matchAll(/^```(sh|bash|console)\n([^]*?)^```$/gm)].flatMap(([, kind, block = ""]) => {
    const lines = block.replaceAll(/\\\n\s*/g, "").split("\n");
    const commands = kind === "console" ? lines.flatMap((line) => /^\$ (.*)$/.exec(line)?.[1] ?? []) : lines;
    return commands.map((line) => line.replace(/(?:^|\s+)#\s.*$/, "").trim()).filter((line) => line !== "");
  });
}

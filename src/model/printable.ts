// Text that came from a playbook, a log or a host, made safe to print: nothing in it can steer a terminal.

/** C0 and C1 controls, DEL, line and paragraph separators, bidirectional overrides and isolates, and the byte order mark. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * In: any text. Out: one line in which each unsafe character stands as `\x1b` or `\u202e`; a tab becomes a space.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === "\t") return " ";
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

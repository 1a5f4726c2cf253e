// The form of a recording: a header of comment lines, an empty line, and what Ansible printed.
// Also the neutral names that stand for this machine's paths and logins.

export interface RecordingHeader {
  readonly mode: string;
  readonly variant: string;
  readonly damage: "reproduced" | "absent";
  readonly core: string;
  readonly python: string;
  readonly command: string;
  readonly exit: number;
  readonly seconds: number;
  readonly date: string;
  /** First twelve digits of the proof's SHA-256: tells whether the recording is of the present proof. */
  readonly proof: string;
  /** What was found after the playbook had ended. */
  readonly afterwards: readonly string[];
}

export function formatRecording(header: RecordingHeader, output: string): string {
  const lines = [
    `longhaul recording: ${header.mode}`,
    `variant: ${header.variant}`,
    `damage: ${header.damage}`,
    `core: ${header.core}`,
    `python: ${header.python}`,
    `command: ${header.command}`,
    `exit: ${header.exit}`,
    `seconds: ${header.seconds.toFixed(1)}`,
    `date: ${header.date}`,
    `proof: ${header.proof}`,
    ...header.afterwards.map((sentence) => `afterwards: ${sentence}`),
  ];
  return `${lines.map((line) => `# ${line}\n`).join("")}\n${output}`;
}

/** The header of a recording and the output under it; undefined where the text is no recording. */
export function parseRecording(text: string): { readonly header: RecordingHeader; readonly output: string } | undefined {
  const end = text.indexOf("\n\n");
  const values = new Map<string, string>();
  const afterwards: string[] = [];
  for (const line of text.slice(0, end).split("\n")) {
    const match = /^# ([a-z ]+): (.*)$/.exec(line);
    if (match === null) return undefined;
    const [, key = "", value = ""] = match;
    if (key === "afterwards") afterwards.push(value);
    else values.set(key, value);
  }
  const value = (key: string): string => values.get(key) ?? "";
  const damage = value("damage");
  if (end === -1 || (damage !== "reproduced" && damage !== "absent")) return undefined;
  const header: RecordingHeader = {
    mode: value("longhaul recording"), variant: value("variant"), damage, core: value("core"), python: value("python"),
    command: value("command"), exit: Number(value("exit")), seconds: Number(value("seconds")), date: value("date"),
    proof: value("proof"), afterwards,
  };
  return { header, output: text.slice(end + 2) };
}

/** A thing of this machine and the neutral name for it. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

const ESCAPES = /\u001b\[[0-9;]*[A-Za-z]/g;

/**
 * Output with this machine's details replaced.
 * In: the output and the replacements in the order of their use (longer paths first).
 * A replacement of a bare word (no slash) is made at word boundaries only.
 */
export function neutralise(output: string, replacements: readonly Replacement[]): string {
  let text = output.replace(ESCAPES, "").replaceAll("\r\n", "\n");
  for (const { from, to } of replacements) {
    if (from === "") continue;
    text = from.includes("/") ? text.replaceAll(from, to) : text.replace(wordPattern(from), () => to);
  }
  return text;
}

function wordPattern(word: string): RegExp {
  return new RegExp(`(?<![\\w.-])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g");
}

// What longhaul says about a playbook: findings, and the edits that repair them.

import type { CoreRange } from "./cores.ts";
import { coresText } from "./cores.ts";
import type { Place, Span } from "./place.ts";
import type { SourceText } from "./yaml.ts";

/** `error`: fails or lies on real Ansible. `warning`: fails under a condition that the text names. `info`: costs something or is easily misread. */
export type Severity = "error" | "warning" | "info";

/** Replaces a stretch of a file; an empty span inserts. */
export interface Edit {
  readonly file: string;
  readonly span: Span;
  readonly text: string;
}

export interface Fix {
  /** Safe: same meaning as the author's evident intent on every core. Otherwise a person has to agree. */
  readonly safe: boolean;
  /** What the edits do, as an order: "set retries to 13". */
  readonly says: string;
  readonly edits: readonly Edit[];
}

export interface Finding {
  readonly mode: string;
  readonly severity: Severity;
  readonly source: SourceText;
  readonly span: Span;
  /** The task's name, where it has one. */
  readonly task?: string;
  /** What is wrong, with the numbers and names of this place. */
  readonly what: string;
  /** What happens because of it on real Ansible. */
  readonly why: string;
  /** What to change. */
  readonly do: string;
  /** Of a warning, always: what has to come together, as the end of "when …": "the job takes longer than 15 s". */
  readonly condition?: string;
  /** The ansible-core series it holds for, where not all of 2.14 to 2.21. */
  readonly cores?: CoreRange;
  readonly related?: readonly { readonly place: Place; readonly says: string }[];
  readonly fix?: Fix;
}

/** When a finding bites, in words that follow "when": "always, on ansible-core 2.19 and newer", "the job takes longer than 15 s". Undefined for what is no failure. */
export function confidenceOf({ severity, condition, cores }: Pick<Finding, "severity" | "condition" | "cores">): string | undefined {
  if (severity === "info") return undefined;
  const where = cores === undefined ? "" : `, on ansible-core ${coresText(cores)}`;
  return condition === undefined ? `always${where === "" ? ", on any ansible-core" : where}` : `${condition}${where}`;
}

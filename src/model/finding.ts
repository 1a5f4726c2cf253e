// What longhaul says about a playbook: findings, and the edits that repair them.

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
  /** ansible-core versions it holds for, where not all of 2.14 to 2.21: "2.14 to 2.16", "2.19 and newer". */
  readonly cores?: string;
  readonly related?: readonly { readonly place: Place; readonly says: string }[];
  readonly fix?: Fix;
}

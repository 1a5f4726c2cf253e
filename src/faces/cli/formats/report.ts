// What a lint run has to tell, before it is put into a format.

import type { Finding } from "../../../model/finding.ts";
import type { Mode } from "../../../model/mode.ts";

/** A file or mode that could not be looked at. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

export interface LintReport {
  readonly version: string;
  readonly modes: readonly Mode[];
  readonly files: number;
  readonly findings: readonly Finding[];
  readonly fixed: readonly Finding[];
  readonly problems: readonly Trouble[];
  /** The text of a file that a finding names besides its own. */
  readonly textOf: (path: string) => string | undefined;
}

/** A finding in one line: what is wrong and what to change. */
export function sentence(finding: Finding): string {
  return `${finding.what} ${finding.do}`;
}

// What is wrong with a request or its surroundings: bad arguments, files that cannot be read. Findings are not problems.

/** Every code, with the exit code of a run that ends with it. */
export const PROBLEM_EXITS = {
  "bad-usage": 2,
  "no-such-path": 2,
  "cannot-read": 2,
  "not-yaml": 2,
  "nothing-to-lint": 2,
  "not-ansible-output": 2,
  "no-such-mode": 2,
  "bad-configuration": 2,
  "no-ansible": 2,
  "not-supported": 2,
  "history-unusable": 3,
  unreachable: 1,
  "cannot-write": 3,
  "mode-crashed": 3,
} as const;

export type ProblemCode = keyof typeof PROBLEM_EXITS;

/** One clear line: what is wrong with which thing, and the next step. Thrown in `system` and faces, or listed in a result. */
export class Problem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "Problem";
    this.code = code;
  }
}

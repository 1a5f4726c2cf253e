// One result as ARA (ara.recordsansible.org) keeps it, whether its database or its API told it.

export interface AraResult {
  readonly host: string;
  /** ok, changed, failed, ignored, skipped, unreachable. */
  readonly status: string;
  /** ISO 8601, in UTC where it names no zone. */
  readonly started: string;
  readonly ended: string;
  readonly play: string;
  readonly playbook: string;
  readonly task: { readonly name: string; readonly action: string; readonly path: string; readonly line: number; readonly id: string };
  /** The result that the module gave. */
  readonly content: Readonly<Record<string, unknown>>;
}

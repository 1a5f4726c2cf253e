// What was lost or left out, said once per kind with its number.

export type GapKind =
  | "tasks" | "failures" | "others" | "jobs" | "retries" | "errors" | "warnings" | "recap" | "slim" | "cut" | "interrupted" | "unnamed-job"
  | "unclear-ignoring" | "long-json" | "end-in-result" | "end-in-json" | "nothing";

export class GapBook {
  readonly #counts = new Map<GapKind, number>();

  add(kind: GapKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** In: the sentence of each kind, made from its count. Out: those that happened, in the order of the sentences. */
  sentences(say: Readonly<Record<GapKind, (count: number) => string>>): readonly string[] {
    return Object.entries(say).flatMap(([kind, sentence]) => {
      const count = this.#counts.get(kind as GapKind);
      return count === undefined ? [] : [sentence(count)];
    });
  }
}

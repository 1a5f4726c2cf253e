// How the arguments of filters and tests find their parameters, and the names that filters and tests go by.

import type { Outcome } from "./outcome.ts";

export interface BoundArguments {
  readonly positional: readonly Outcome[];
  readonly named: ReadonlyMap<string, Outcome>;
  /** Whether there is a `*x` or `**x`, so that nothing is sure about the arguments. */
  readonly spread: boolean;
}

/** Arguments by the place of their parameter. */
export type Places = readonly (Outcome | undefined)[];

/**
 * Puts arguments in the places of their parameters.
 * Out: the places, the first argument that is an error (Python works arguments out before the call), or undefined when they do not fit.
 */
export function placesOf(args: BoundArguments, parameters: readonly string[]): Places | Outcome | undefined {
  const given = [...args.positional, ...args.named.values()];
  const failing = given.find((outcome) => outcome.kind === "error");
  if (failing !== undefined) return failing;
  if (args.spread || args.positional.length > parameters.length) return undefined;
  const places: (Outcome | undefined)[] = [...args.positional];
  for (const [name, outcome] of args.named) {
    const at = parameters.indexOf(name);
    if (at === -1 || places[at] !== undefined) return undefined;
    places[at] = outcome;
  }
  return places;
}

/** `ansible.builtin.bool` and `bool` are the same. */
export function shortName(name: string): string {
  return name.startsWith("ansible.builtin.") ? name.slice("ansible.builtin.".length) : name;
}

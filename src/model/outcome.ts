// What working out an expression can come to. Unknown is an outcome of its own: nothing here is ever guessed.
// An unknown is taken to have some value: that it might fail when Ansible looks at it does not make other things unknown.

export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** A value that is known. */
export interface KnownValue {
  readonly kind: "value";
  readonly value: Plain;
  /** Set where Python's type is in doubt: a whole number in it may be a float (`10 / 2`), or a list in it a tuple. */
  readonly loose?: true;
}

/** A task's result, whose fields are known one by one. A field that is missing is undefined, or unknown when the record is open. */
export interface KnownRecord {
  readonly kind: "record";
  readonly fields: ReadonlyMap<string, Outcome>;
  readonly open: boolean;
}

export interface UnknownOutcome {
  readonly kind: "unknown";
  readonly why: string;
  /** Set when it is certain which way a condition goes, provided that there is a value at all. */
  readonly truthy?: boolean;
  /** Set when it is certain that the value is, or is not, a real boolean. */
  readonly boolean?: boolean;
  /** Set for a list that is only made once it is read, of a value that is undefined: reading it fails. */
  readonly pending?: UndefinedOutcome;
  /** Set for a name that nothing in the project gives a value: only an inventory, a fact or the command line still may. */
  readonly nowhere?: true;
}

export interface UndefinedOutcome {
  readonly kind: "undefined";
  /** The path that led nowhere, for example `s.rc`. */
  readonly name: string;
  /**
   * Set once something was done with it. Older Ansible stops there; 2.19 and later carry it on, so that a `default` further along
   * still helps.
   */
  readonly raised?: true;
}

export interface ErrorOutcome {
  readonly kind: "error";
  readonly message: string;
}

export type Known = KnownValue | KnownRecord;
export type Outcome = Known | UnknownOutcome | UndefinedOutcome | ErrorOutcome;

/** Gives what a variable holds; unknown for a name it does not know. */
export type Scope = (name: string) => Outcome;

export function known(value: Plain, loose = false): KnownValue {
  return loose ? { kind: "value", value, loose } : { kind: "value", value };
}

export function unknown(why: string, hints: Omit<UnknownOutcome, "kind" | "why"> = {}): UnknownOutcome {
  return { kind: "unknown", why, ...hints };
}

export function failure(message: string): ErrorOutcome {
  return { kind: "error", message };
}

/** The outcome of doing something with a value: an undefined one counts as used from then on. */
export function used<T extends Outcome>(outcome: T): T | UndefinedOutcome {
  return outcome.kind === "undefined" ? { ...outcome, raised: true } : outcome;
}

export function isKnown(outcome: Outcome): outcome is Known {
  return outcome.kind === "value" || outcome.kind === "record";
}

/** Python's truth of a value. */
function plainTruth(value: Plain): boolean {
  if (value === null || typeof value !== "object") return Boolean(value);
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}

/**
 * Which way a condition with this outcome goes; `fails` when Ansible reports an error instead.
 * For an unknown outcome, `true` and `false` hold provided that it has a value at all.
 */
export function truthiness(outcome: Outcome): "true" | "false" | "unknown" | "fails" {
  switch (outcome.kind) {
    case "value":
      return plainTruth(outcome.value) ? "true" : "false";
    case "record":
      if (presentFields(outcome).length > 0) return "true";
      return outcome.open ? "unknown" : "false";
    case "unknown":
      return outcome.truthy === undefined ? "unknown" : (`${outcome.truthy}` as const);
    case "undefined":
    case "error":
      return "fails";
  }
}

/** The same as a boolean; undefined where it is open or fails. */
export function certainTruth(outcome: Outcome): boolean | undefined {
  const truth = truthiness(outcome);
  return truth === "true" || truth === "false" ? truth === "true" : undefined;
}

/** Whether the outcome is a real boolean: ansible-core 2.19 and later refuse conditions that are not. */
export function isBoolean(outcome: Outcome): boolean | "unknown" {
  switch (outcome.kind) {
    case "value":
      return typeof outcome.value === "boolean";
    case "record":
      return false;
    case "unknown":
      return outcome.boolean ?? "unknown";
    case "undefined":
    case "error":
      return "unknown";
  }
}

/** The names of the fields that a record surely has. */
export function presentFields(record: KnownRecord): readonly string[] {
  return [...record.fields].filter(([, field]) => field.kind !== "undefined").map(([name]) => name);
}

/** A record as a plain value, where every field is known and none can be missing. */
export function plainOf(outcome: Known): KnownValue | undefined {
  if (outcome.kind === "value") return outcome;
  if (outcome.open) return undefined;
  const entries: [string, Plain][] = [];
  let loose = false;
  for (const name of presentFields(outcome)) {
    const field = outcome.fields.get(name);
    const plain = field !== undefined && isKnown(field) ? plainOf(field) : undefined;
    if (plain === undefined) return undefined;
    entries.push([name, plain.value]);
    loose ||= plain.loose === true;
  }
  return known(Object.fromEntries(entries), loose);
}

// What differs between two things of JSON, and which of the allowed differences each is.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Difference {
  /** Where: the keys from the outside to the inside. */
  readonly path: readonly string[];
  /** undefined where it has none. */
  readonly plain: Json | undefined;
  readonly supervised: Json | undefined;
}

/** A difference between plain and supervised runs that is no fault. */
export interface Allowed {
  readonly name: string;
  readonly why: string;
  /** In: a difference, and all that the playbook has. */
  readonly isMeant: (difference: Difference, all: readonly Difference[]) => boolean;
}

/** A result that says that its job took too long, whoever gave up: its other keys follow from that. */
const OVER = /^(?:async task did not complete within the requested time|Timeout exceeded)/;
/**
 * What polling says instead where its last answer, that the job runs, has lost a mark (executor/task_executor.py of 2.21, _poll_async_result),
 * and where the module printed no result.
 */
const OVER_OR_UNREAD = /^async task produced unparse?able results/;

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value);
const isString = (value: Json | undefined): value is string => typeof value === "string";
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function isOver({ msg, async_result: last }: { readonly [key: string]: Json }): boolean {
  if (typeof msg !== "string") return false;
  return OVER.test(msg) || (OVER_OR_UNREAD.test(msg) && isObject(last) && !last["finished"] && last["module_stdout"] === undefined);
}

export function differences(plain: Json | undefined, supervised: Json | undefined, path: readonly string[] = []): readonly Difference[] {
  if (isObject(plain) && isObject(supervised)) {
    if (isOver(plain) && isOver(supervised) && plain["msg"] !== supervised["msg"]) return [{ path, plain, supervised }];
    if (isString(plain["censored"]) && isString(supervised["censored"]) && ("exception" in plain) !== ("exception" in supervised)) return [{ path, plain, supervised }];
    const keys = [...new Set([...Object.keys(plain), ...Object.keys(supervised)])];
    return keys.flatMap((key) => differences(plain[key], supervised[key], [...path, key]));
  }
  if (isList(plain) && isList(supervised) && plain.length === supervised.length) return plain.flatMap((each, n) => differences(each, supervised[n], [...path, String(n)]));
  return JSON.stringify(plain) === JSON.stringify(supervised) ? [] : [{ path, plain, supervised }];
}

export interface Verdict {
  /** Names of the allowed differences that were met. */
  readonly allowed: readonly string[];
  /** What no allowed difference stands for. */
  readonly others: readonly Difference[];
}

export function judge(found: readonly Difference[], list: readonly Allowed[]): Verdict {
  const named = found.map((each) => ({ each, name: list.find(({ isMeant }) => isMeant(each, found))?.name }));
  const allowed = new Set(named.flatMap(({ name }) => name ?? []));
  return { allowed: [...allowed].toSorted(), others: named.filter(({ name }) => name === undefined).map(({ each }) => each) };
}

// Values of JSON that somebody else wrote, each looked at before it is believed: null where it is not what it should be.

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Ansible up to 2.18 writes 0 and 1, later ones false and true; some plug-ins write "1". */
export function flag(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  if (value === 0 || value === "0") return false;
  return value === 1 || value === "1" ? true : null;
}

/** A list of objects, each made by `one`, without those that it makes nothing of. */
export function list<T>(value: unknown, one: (fields: Fields) => T | undefined): readonly T[] {
  return Array.isArray(value) ? value.flatMap((each) => oneOf(each, one)) : [];
}

function oneOf<T>(value: unknown, one: (fields: Fields) => T | undefined): readonly T[] {
  const fields = fieldsOf(value);
  const made = fields === undefined ? undefined : one(fields);
  return made === undefined ? [] : [made];
}

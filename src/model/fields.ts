// Values of JSON that somebody else wrote, each looked at before it is believed: null where it is not what it should be.

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
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

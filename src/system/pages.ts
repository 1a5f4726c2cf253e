// The pages of the catalogue, as `longhaul explain` prints them: from the bundle, or from the sources in a checkout.

import { readFileSync } from "node:fs";

/** In: a mode's id. Out: its page (Markdown), or undefined where there is none. */
export function pageOf(id: string): string | undefined {
  if (!/^[a-z0-9.-]+$/.test(id)) return undefined;
  const bundled = read("pages.json");
  if (bundled !== undefined) return (JSON.parse(bundled) as Readonly<Record<string, string>>)[id];
  return read(`../catalogue/${id}/README.md`);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, import.meta.url), "utf8");
  } catch {
    return undefined;
  }
}

// Node's own SQLite, without the warning of its first years.

import type * as Sqlite from "node:sqlite";

/** Node 22 warns at each start that its SQLite is experimental; whoever runs longhaul can do nothing about it. */
export async function loadSqlite(): Promise<typeof Sqlite> {
  const original = Object.getOwnPropertyDescriptor(process, "emitWarning");
  const emit = process.emitWarning.bind(process) as (...all: readonly unknown[]) => void;
  const quiet = (...all: readonly unknown[]): void => {
    if (!String(all[0]).includes("SQLite is an experimental feature")) emit(...all);
  };
  Object.defineProperty(process, "emitWarning", { value: quiet, configurable: true, writable: true });
  try {
    return await import("node:sqlite");
  } finally {
    if (original !== undefined) Object.defineProperty(process, "emitWarning", original);
  }
}

// Asks the ansible in PATH for its version.

import { spawnSync } from "node:child_process";

/** The version as `ansible --version` prints it ("2.16.4"); empty where there is none or it does not tell. */
export function installedCore(): string {
  const { stdout, error } = spawnSync("ansible", ["--version"], { encoding: "utf8", timeout: 60_000 });
  // `ansible [core 2.16.4]`, up to 2.10 `ansible 2.9.27`.
  return error === undefined ? (/^ansible (?:\[core )?(\d+\.\d+)/.exec(stdout)?.[1] ?? "") : "";
}

// Ctrl-C, hang-up and TERM, for a command that outlives them.

import type { OnSignal } from "../../engine/ports.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export const onSignal: OnSignal = (take) => {
  for (const name of SIGNALS) process.on(name, take);
  return () => {
    for (const name of SIGNALS) process.off(name, take);
  };
};

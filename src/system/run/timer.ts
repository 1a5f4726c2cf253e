// The clock of a run.

import type { Timer } from "../../engine/ports.ts";

export const timer: Timer = {
  now: () => Date.now() / 1000,
  sleep: (seconds) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const handle = setTimeout(resolve, seconds * 1000);
    return {
      over: promise,
      cancel: () => {
        clearTimeout(handle);
        resolve();
      },
    };
  },
};

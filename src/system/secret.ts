// Asks for a password at the terminal of the session, wherever standard input and output go, and shows nothing of it.

import { openSync, writeSync } from "node:fs";

/** In: the prompt. Out: what was typed; undefined where there is no terminal. */
export async function askSecret(question: string): Promise<string | undefined> {
  let descriptor: number;
  try {
    descriptor = openSync("/dev/tty", "r+");
  } catch {
    return undefined;
  }
  const [{ ReadStream }, { Writable }, { createInterface }] = await Promise.all([import("node:tty"), import("node:stream"), import("node:readline/promises")]);
  const input = new ReadStream(descriptor);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  writeSync(descriptor, question);
  try {
    return await reader.question("");
  } catch {
    // Ctrl-C: raw mode has kept it from being a signal.
    process.kill(process.pid, "SIGINT");
    return undefined;
  } finally {
    reader.close();
    writeSync(descriptor, "\n");
    input.destroy();
  }
}

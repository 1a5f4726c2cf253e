import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { listenToBridge } from "./bridge-socket.ts";

const set = process.env["TMPDIR"];
const directory = mkdtempSync(join(tmpdir(), "longhaul-socket-test-"));
process.env["TMPDIR"] = directory;
after(() => {
  if (set === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = set;
  rmSync(directory, { recursive: true, force: true });
});

/** A folder as a run of an hour ago has made it. */
function folder(name: string): string {
  const path = join(directory, name);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

function aged(path: string): void {
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(path, hourAgo, hourAgo);
}

/** Leaves a socket behind, as who is killed does. */
async function abandoned(path: string): Promise<void> {
  const child = spawn(process.execPath, ["-e", "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))", path], { stdio: "ignore" });
  await once(child, "exit");
}

test("what killed runs have left of their sockets is removed at the end of the next run, and nothing else", async () => {
  const [empty, dead, living, odd, fresh] = ["aaaaaa", "bbbbbb", "cccccc", "dddddd", "eeeeee"].map((end) => folder(`longhaul-run-${end}`));
  await abandoned(join(dead ?? "", "socket"));
  const server = createServer().listen(join(living ?? "", "socket"));
  await once(server, "listening");
  writeFileSync(join(odd ?? "", "notes"), "");
  const other = folder("longhaul-run-test-abcdef");
  for (const path of [empty, dead, living, odd, other]) aged(path ?? "");
  const { close } = await listenToBridge({ take: () => undefined, answer: async () => Promise.resolve({ state: "cannot" }) });
  await close();
  server.close();
  assert.deepEqual(readdirSync(directory).toSorted(), [living, odd, fresh, other].map((path) => (path ?? "").slice(directory.length + 1)).toSorted());
});

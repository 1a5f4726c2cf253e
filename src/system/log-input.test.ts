import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Problem } from "../model/problem.ts";
import { readChunks } from "./log-input.ts";

let directory = "";
let log = "";
const CONTENT = Buffer.from(Array.from({ length: 90_000 }, (_, n) => `line ${n}\n`).join(""));
before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-log-"));
  log = join(directory, "run.log");
  writeFileSync(log, CONTENT);
});
after(() => rmSync(directory, { recursive: true, force: true }));

async function contentOf(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await readChunks(path, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

function raises(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === code;
}

test("a file is read to its end, in chunks; a device as a stream", async () => {
  assert.deepEqual(await contentOf(log), CONTENT);
  assert.equal((await contentOf("/dev/null")).length, 0);
});

test("what cannot be read is said", async () => {
  await assert.rejects(contentOf(join(directory, "nowhere")), raises("no-such-path"));
  await assert.rejects(contentOf(join(log, "below")), raises("no-such-path"));
  await assert.rejects(contentOf(directory), raises("cannot-read"));
});

test("standard input may be a pipe or a file", () => {
  const code = `import { readChunks } from ${JSON.stringify(new URL("log-input.ts", import.meta.url).href)};
    let bytes = 0;
    await readChunks("-", (chunk) => { bytes += chunk.byteLength; });
    console.log(bytes);`;
  const node = ["--input-type=module", "-e", code];
  const file = openSync(log, "r");
  const piped = spawnSync(process.execPath, node, { input: CONTENT, encoding: "utf8" });
  const redirected = spawnSync(process.execPath, node, { stdio: [file, "pipe", "inherit"], encoding: "utf8" });
  closeSync(file);
  assert.deepEqual([piped.stdout, redirected.stdout], [`${CONTENT.length}\n`, `${CONTENT.length}\n`]);
});

// The walls of .oxlintrc.json hold: every breach planted here is reported, every lawful line beside it is not.
// The breaches live in a temporary tree, so that the repository itself stays clean.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const WALL = "eslint(no-restricted-imports)";

interface Room {
  readonly folder: string;
  readonly lawful: readonly string[];
  readonly breaches: readonly string[];
}

const OUTSIDE_SRC = ["../../tools/t.ts", "../../proofs/p.ts", "../../bench/b.ts"];

const ROOMS: readonly Room[] = [
  {
    folder: "src/model",
    lawful: ["./m.ts"],
    breaches: ["../readers/r.ts", "../catalogue/index.ts", "../engine/e.ts", "../system/s.ts", "../faces/cli/f.ts", "../main.ts", "node:path", "node:path/posix", "yaml", ...OUTSIDE_SRC],
  },
  {
    folder: "src/readers",
    lawful: ["./r.ts", "../model/m.ts", "yaml", "node:path/posix"],
    breaches: ["../catalogue/index.ts", "../engine/e.ts", "../system/s.ts", "../faces/cli/f.ts", "../main.ts", "node:fs", "node:fs/promises", "node:path", ...OUTSIDE_SRC],
  },
  {
    folder: "src/readers/deep",
    lawful: ["../r.ts", "../../model/m.ts"],
    breaches: ["../../engine/e.ts", "../../model/../system/s.ts", "node:os"],
  },
  {
    folder: "src/catalogue",
    lawful: ["../model/m.ts", "./mode-one/mode.ts", "./mode-two/mode.ts"],
    breaches: ["../readers/r.ts", "../engine/e.ts", "../system/s.ts", "../faces/cli/f.ts", "../main.ts", "node:fs", "yaml", ...OUTSIDE_SRC],
  },
  {
    folder: "src/catalogue/mode-one",
    lawful: ["../../model/m.ts", "./words.ts"],
    breaches: ["../mode-two/mode.ts", "../index.ts", "../../readers/r.ts", "../../engine/e.ts", "../../system/s.ts", "../../faces/cli/f.ts", "../../main.ts", "../../model/../engine/e.ts", "node:fs", "yaml", "../../../tools/t.ts"],
  },
  {
    folder: "src/engine",
    lawful: ["./e.ts", "./ports.ts", "../model/m.ts", "../readers/r.ts", "node:path/posix"],
    breaches: ["../catalogue/index.ts", "../system/s.ts", "../faces/cli/f.ts", "../main.ts", "node:fs", "node:path", ...OUTSIDE_SRC],
  },
  {
    folder: "src/system",
    lawful: ["./s.ts", "../model/m.ts", "../engine/ports.ts", "node:fs"],
    breaches: ["../engine/e.ts", "../engine/deep/e.ts", "../readers/r.ts", "../catalogue/index.ts", "../faces/cli/f.ts", "../main.ts", ...OUTSIDE_SRC],
  },
  ...["cli", "tui", "web", "lsp"].map((face, _, faces) => ({
    folder: `src/faces/${face}`,
    lawful: ["./f.ts", "../../model/m.ts", "../../engine/e.ts", "../../readers/r.ts", "node:util"],
    breaches: [...faces.filter((other) => other !== face).map((other) => `../${other}/f.ts`), "../../system/s.ts", "../../catalogue/index.ts", "../../main.ts", "../../../tools/t.ts"],
  })),
];

/** What every room may be asked to import; its text is of no account. */
const TARGETS = [
  "src/main.ts", "src/model/m.ts", "src/readers/r.ts", "src/readers/deep/r.ts", "src/catalogue/index.ts", "src/catalogue/mode-one/mode.ts",
  "src/catalogue/mode-one/words.ts", "src/catalogue/mode-two/mode.ts", "src/engine/e.ts", "src/engine/ports.ts", "src/engine/deep/e.ts", "src/system/s.ts",
  "src/faces/cli/f.ts", "src/faces/tui/f.ts", "src/faces/web/f.ts", "src/faces/lsp/f.ts", "tools/t.ts", "proofs/p.ts", "bench/b.ts",
];

/** House rules outside the walls. In each: where, the source, the rule that must speak, or undefined where none may. */
const RULES: readonly (readonly [path: string, source: string, rule: string | undefined])[] = [
  ["src/model/exported.ts", 'export { x } from "../engine/e.ts";\n', WALL],
  ["src/model/typed.ts", 'import type { x } from "../engine/e.ts";\nexport type Y = typeof x;\n', WALL],
  ["src/model/lazy.ts", 'export const y: unknown = await import("../engine/e.ts");\n', WALL],
  ["src/model/breach.test.ts", 'import { x } from "../system/s.ts";\nimport "node:fs";\nexport const y: number = x;\n', undefined],
  ["src/main-imports-all.ts", 'import "./system/s.ts";\nimport "./catalogue/index.ts";\nimport "./faces/cli/f.ts";\n', undefined],
  ["src/model/ring-a.ts", 'import type { B } from "./ring-b.ts";\nexport interface A { readonly b?: B }\n', "import(no-cycle)"],
  ["src/model/ring-b.ts", 'import type { A } from "./ring-a.ts";\nexport interface B { readonly a?: A }\n', "import(no-cycle)"],
  ["src/model/default.ts", "export default 1;\n", "import(no-default-export)"],
  ["src/model/no-extension.ts", 'export { x } from "./m";\n', "import(extensions)"],
  ["src/system/bare.ts", 'import "fs";\n', "unicorn(prefer-node-protocol)"],
  ["src/model/four.ts", "export function f(a: number, b: number, c: number, d: number): number {\n  return a + b + c + d;\n}\n", "eslint(max-params)"],
  ["src/model/long.ts", lines(401, (n) => `export const b${n}: number = ${n};`), "eslint(max-lines)"],
  ["src/model/almost-long.ts", lines(400, (n) => `export const b${n}: number = ${n};\n// why`), undefined],
  ["src/model/long.test.ts", lines(500, (n) => `export const b${n}: number = ${n};`), undefined],
  ["src/model/long-function.ts", `export function f(a: { b: number }): void {\n${lines(70, () => "  a.b += 1;")}}\n`, "eslint(max-lines-per-function)"],
  ["src/engine/loud.ts", 'console.log("x");\n', "eslint(no-console)"],
  ["src/faces/web/loud.ts", 'console.log("x");\n', "eslint(no-console)"],
  ["src/faces/cli/loud.ts", 'console.log("x");\n', undefined],
  ["tools/loud.ts", 'console.log("x");\n', undefined],
  ["src/model/any.ts", "export const a: any = 1;\n", "typescript(no-explicit-any)"],
  ["src/model/import-type.ts", 'export type X = typeof import("./m.ts");\n', "typescript(consistent-type-imports)"],
  ["src/model/floating.ts", "async function f(): Promise<void> {}\nf();\n", "typescript(no-floating-promises)"],
  ["src/model/floating.test.ts", 'import { test } from "node:test";\ntest("a test needs no await", async () => {});\n', undefined],
  ["src/model/misused.ts", "async function f(): Promise<boolean> {\n  return true;\n}\nif (f()) throw new Error();\n", "typescript(no-misused-promises)"],
  ["src/model/thrown.ts", 'export function f(): never {\n  throw "text";\n}\n', "typescript(only-throw-error)"],
  ["src/model/switch.ts", 'export function f(a: "x" | "y"): void {\n  switch (a) {\n    case "x":\n  }\n}\n', "typescript(switch-exhaustiveness-check)"],
];

function lines(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => `${line(n)}\n`).join("");
}

const tree = mkdtempSync(join(tmpdir(), "walls-"));
let found: ReadonlyMap<string, readonly string[]>;

/** One file a line of the table, so that a silent wall cannot hide behind a loud one. */
function wallFile(room: Room, kind: "lawful" | "breach", n: number): string {
  return `${room.folder}/${kind}-${n}.ts`;
}

function plant(path: string, source: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), source);
}

before(() => {
  for (const name of [".oxlintrc.json", "tsconfig.json", "package.json"]) copyFileSync(join(ROOT, name), join(tree, name));
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  for (const path of TARGETS) plant(path, "export const x: number = 1;\n");
  for (const room of ROOMS) {
    room.lawful.forEach((from, n) => plant(wallFile(room, "lawful", n), `import ${JSON.stringify(from)};\n`));
    room.breaches.forEach((from, n) => plant(wallFile(room, "breach", n), `import ${JSON.stringify(from)};\n`));
  }
  for (const [path, source] of RULES) plant(path, source);
  const run = spawnSync(process.execPath, [join(ROOT, "node_modules/oxlint/bin/oxlint"), "--format", "json"], { cwd: tree, encoding: "utf8", maxBuffer: 64 << 20 });
  assert.match(run.stdout, /^\{/, run.stderr + run.stdout);
  const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: { code?: string; filename: string; message: string }[] };
  const byFile = new Map<string, string[]>();
  for (const { code, filename, message } of diagnostics) byFile.set(filename, [...(byFile.get(filename) ?? []), code ?? message]);
  found = byFile;
});

after(() => rmSync(tree, { recursive: true }));

for (const room of ROOMS) {
  test(`${room.folder} may import what it needs`, () => {
    const wrong = room.lawful.filter((_, n) => found.has(wallFile(room, "lawful", n)));
    assert.deepEqual(wrong, [], "reported although lawful");
  });
  test(`${room.folder} may import nothing else`, () => {
    const missed = room.breaches.filter((_, n) => found.get(wallFile(room, "breach", n))?.includes(WALL) !== true);
    assert.deepEqual(missed, [], "not reported");
  });
}

for (const [path, , rule] of RULES) {
  test(`${path} ${rule === undefined ? "is in order" : `breaks ${rule}`}`, () => {
    assert.deepEqual([...new Set(found.get(path) ?? [])], rule === undefined ? [] : [rule]);
  });
}

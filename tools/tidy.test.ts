// The house rules hold in the whole repository, and each of them does find what it is for.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { RuleName } from "./tidy.ts";
import { RULES, catalogueGaps, relativeLinks } from "./tidy.ts";

const ROOT = join(import.meta.dirname, "..");

/** Names and endings that .gitignore leaves out; it holds nothing more complicated. */
const IGNORED = [".git/", ...readFileSync(join(ROOT, ".gitignore"), "utf8").split("\n")].filter((line) => line !== "" && !line.startsWith("#"));

function isIgnored(name: string): boolean {
  return IGNORED.some((line) => {
    const pattern = line.replace(/\/$/, "");
    if (pattern.startsWith("*")) return name.endsWith(pattern.slice(1));
    return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  });
}

function list(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (isIgnored(entry.name)) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? list(path) : entry.isFile() ? [path] : [];
  });
}

const paths = list("");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

for (const rule of Object.values(RULES)) {
  test(rule.says, () => {
    assert.deepEqual(paths.filter((path) => rule.holdsFor(path)).flatMap((path) => rule.find({ path, text: read(path) })), []);
  });
}

test("relative links in Markdown lead somewhere", () => {
  const pages = paths.filter((path) => path.endsWith(".md"));
  const broken = pages.flatMap((page) => relativeLinks(read(page)).filter((link) => !existsSync(join(ROOT, dirname(page), link))).map((link) => `${page}: ${link}`));
  assert.deepEqual(broken, []);
});

test("every mode is complete, listed and on the page of modes", () => {
  assert.deepEqual(catalogueGaps(paths, read), []);
});

test("package.json, the build and the start script ask for the same Node", () => {
  const { engines } = JSON.parse(read("package.json")) as { readonly engines: { readonly node: string } };
  const floor = engines.node.replace(">=", "");
  assert.match(read("tools/build.ts"), new RegExp(`NODE_FLOOR = "${floor}"`));
  assert.match(read("bin/longhaul"), new RegExp(`needs Node\\.js ${floor} `));
});

// What each rule finds and what it lets pass: [rule, path, text, how many finds].
const dead = "//" + " ";
const PLANTED: readonly (readonly [rule: RuleName, path: string, text: string, finds: number])[] = [
  ["bannedNames", "src/engine/utils.ts", "", 1],
  ["bannedNames", "src/engine/date-helpers/x.ts", "", 1],
  ["bannedNames", "tools/base.sh", "", 1],
  ["bannedNames", "src/engine/database.ts", "", 0],
  ["kebabNames", "src/model/jobFile.ts", "", 1],
  ["kebabNames", "src/model/job_file.ts", "", 1],
  ["kebabNames", "src/engine/ports.fake.ts", "", 0],
  ["rooms", "src/extra/x.ts", "", 1],
  ["rooms", "src/x.ts", "", 1],
  ["rooms", "src/faces/pager/x.ts", "", 1],
  ["rooms", "src/faces/cli/x.ts", "", 0],
  ["openEnds", "tools/x.sh", `# TO${"DO"} later`, 1],
  ["openEnds", "tools/x.sh", `# TO${"DO"} #12: later`, 0],
  ["testsLeftOut", "src/x.test.ts", `test.on${"ly"}("x", () => {});\ntest("y", { sk${"ip"}: true }, () => {});`, 2],
  ["testsLeftOut", "src/x.test.ts", 'test("x", { skip: reason }, () => {});', 0],
  ["deadCode", "src/x.ts", `${dead}const a = 1;\n  ${dead}if (a) {\n${dead}}\n${dead}a.b(c);`, 4],
  ["deadCode", "src/x.ts", `${dead}if the job has ended; then nothing\n${dead}const is a keyword\n${dead}see f(x)`, 0],
  ["world", "src/engine/x.ts", "const a = Date.now();\nnew Date();\nnew Date(0);\nprocess.env;\nprocess.exit(1);\nsetTimeout(f, 1);", 5],
  ["world", "src/engine/x.ts", "// Date.now() is not for us\n/** nor process.env */\nprocess.exitCode = 1;", 0],
  ["units", "src/x.ts", `readonly timeout${":"} number;\npollDelay?${":"} number;\nconst jobTimeout ${"="} 5;\nconst WAIT_TIMEOUT ${"="} 5;`, 4],
  ["units", "src/x.ts", "readonly timeoutMs: number;\nretryDelaySeconds?: number;\nreadonly timeout: string;", 0],
  ["ownPaths", "README.md", `see /wo${"rk"}/main and /tmp/l${"h"}-1`, 1],
  ["ownPaths", "README.md", "see /opt/work/main and /tmp/longer", 0],
  ["registries", "package-lock.json", '"resolved": "x"', 1],
];

for (const [name, path, text, finds] of PLANTED) {
  test(`${name} finds ${finds} in ${path} ${JSON.stringify(text)}`, () => {
    const rule = RULES[name];
    assert.equal(rule.holdsFor(path), true);
    assert.equal(rule.find({ path, text }).length, finds);
  });
}

test("the world is open to system, the command line and main", () => {
  const open = ["src/system/x.ts", "src/faces/cli/x.ts", "src/main.ts", "src/engine/x.test.ts", "tools/x.ts"];
  assert.deepEqual(open.filter((path) => RULES.world.holdsFor(path)), []);
});

test("links in code, to the web and to an anchor are not followed", () => {
  const text = "[a](b.md#c) [w](https://x.org) [h](#h) `[i](no.md)`\n```\n[j](no.md)\n```\n![k](d/e%20f.png \"t\")\n\n[r]: g.md\n";
  assert.deepEqual(relativeLinks(text), ["b.md", "d/e f.png", "g.md"]);
});

test("an empty catalogue has no gaps", () => {
  assert.deepEqual(catalogueGaps(["src/catalogue/index.ts"], () => ""), []);
});

test("a mode without its parts is told", () => {
  const files: Readonly<Record<string, string>> = {
    "src/catalogue/index.ts": 'from "./b/mode.ts";\nfrom "./a/mode.ts";',
    "src/catalogue/a/mode.ts": '  fix: "safe",',
    "src/catalogue/a/README.md": "",
    "src/catalogue/b/mode.ts": '  fix: cannot("no"),',
    "src/catalogue/b/README.md": "",
    "src/catalogue/b/examples/broken.yml": "",
    "src/catalogue/b/examples/near-miss.yml": "",
    "src/catalogue/b/proof/proof.yml": "",
    "src/catalogue/c/README.md": "",
    "src/catalogue/d/proof/proof.yml": "",
    "docs/modes.md": "a b",
  };
  assert.deepEqual(catalogueGaps(Object.keys(files), (path) => files[path] ?? ""), [
    "src/catalogue/a has no examples/broken.yml",
    "src/catalogue/a has no examples/near-miss.yml",
    "src/catalogue/a has no examples/fixed.yml",
    "src/catalogue/a has no proof/proof.yml",
    "src/catalogue/c has no mode.ts",
    "src/catalogue/c has no examples/broken.yml",
    "src/catalogue/c has no examples/near-miss.yml",
    "src/catalogue/c has no proof/proof.yml",
    "c is not in src/catalogue/index.ts",
    "c is not in docs/modes.md; run: npm run docs",
    "src/catalogue/index.ts is not sorted by id",
  ]);
});

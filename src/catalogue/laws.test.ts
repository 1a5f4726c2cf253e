// The laws of the catalogue: every folder obeys them, so a mode brings no test code of its own.
// UPDATE=1 rewrites the expected texts (examples/broken.txt, examples/fixed.yml); read the difference before you commit it.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { diagnose } from "../engine/diagnose.ts";
import { fix } from "../engine/fix.ts";
import { lint } from "../engine/lint.ts";
import type { ProjectFiles } from "../engine/ports.ts";
import { assemble } from "../engine/project/assemble.ts";
import { createLibrary } from "../engine/project/library.ts";
import { findingText } from "../faces/cli/lint-text.ts";
import { createStyle } from "../faces/cli/style.ts";
import type { Finding } from "../model/finding.ts";
import type { Mode } from "../model/mode.ts";
import { readOutput } from "../readers/output/read-output.ts";
import { projectFiles } from "../system/project-files.ts";
import { modes } from "./index.ts";

const catalogue = import.meta.dirname;
const update = process.env["UPDATE"] === "1";

/** Which other modes may speak on a mode's recordings, and why: {mode: {other: reason}}. */
const confusion = JSON.parse(readFileSync(join(catalogue, "confusion.json"), "utf8")) as Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Recordings whose log cannot show the cause, by a part of their name, and why: {mode: {part: reason}}. */
const unseen = JSON.parse(readFileSync(join(catalogue, "unseen.json"), "utf8")) as Readonly<Record<string, Readonly<Record<string, string>>>>;

test("the list holds every folder of the catalogue, sorted", () => {
  const folders = readdirSync(catalogue, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  assert.deepEqual(modes.map((mode) => mode.id), folders.toSorted());
});

for (const mode of modes) {
  const folder = join(catalogue, mode.id);
  const examples = join(folder, "examples");

  test(`${mode.id}: the texts are whole sentences where they should be`, () => {
    assert.doesNotMatch(mode.title, /\.$/);
    for (const text of [mode.why, mode.do]) assert.match(text, /[.)]$/);
    assert.ok(mode.title.length <= 80, "a title fits a line");
    const page = readFileSync(join(folder, "README.md"), "utf8");
    for (const heading of ["## What you see", "## Why", "## Repair", "## Broken", "## Evidence"]) assert.ok(page.includes(`${heading}\n`), `README.md has ${heading}`);
    assert.ok(page.startsWith(`# ${mode.title}\n`), "the page is headed by the title");
  });

  if (typeof mode.lint === "function") {
    test(`${mode.id}: lint finds the broken example, as its expected text says`, () => {
      const findings = lintFile(examples, "broken.yml");
      assert.ok(findings.some((finding) => finding.mode === mode.id), "the mode is found");
      const others = findings.filter((finding) => finding.mode !== mode.id);
      assert.deepEqual(others.map((finding) => finding.mode), [], "no other mode is found");
      for (const { severity, condition, what } of findings) assert.equal(condition !== undefined, severity === "warning", `a warning, and nothing else, says when it fails: ${what}`);
      expectText(join(examples, "broken.txt"), findings.map((finding) => findingText(finding, { columns: 80, style: createStyle(false) })).join(""));
    });

    test(`${mode.id}: nothing is found in the near miss`, () => {
      assert.deepEqual(lintFile(examples, "near-miss.yml").map(({ mode: id, what }) => `${id}: ${what}`), []);
    });
  }

  if (typeof mode.fix === "string") {
    test(`${mode.id}: the repair gives the fixed example, which has no finding and stays as it is`, () => {
      const safeOnly = mode.fix === "safe";
      const result = repaired(examples, safeOnly);
      expectText(join(examples, "fixed.yml"), result);
      assert.deepEqual(lintFile(examples, "fixed.yml").map((finding) => finding.mode), []);
      assertSafety(mode, lintFile(examples, "broken.yml"));
    });
  }

  for (const recording of recordingsOf(folder)) {
    test(`${mode.id}: the recording ${recording.name} leads to it and to no other mode`, () => {
      const story = readOutput(readFileSync(recording.path));
      const { diagnoses, crashed } = diagnose({ story, modes });
      assert.deepEqual(crashed, []);
      const named = [...new Set(diagnoses.flatMap((diagnosis) => diagnosis.causes.map((cause) => cause.mode)))];
      const allowed = Object.keys(confusion[mode.id] ?? {});
      assert.deepEqual(named.filter((id) => id !== mode.id && !allowed.includes(id)), [], "other modes are silent");
      if (typeof mode.symptom === "function" && recording.present && !recording.unseen) {
        // First, or first equal with modes of the written list: a log that cannot tell them apart shows a tie.
        assert.ok(diagnoses[0]?.causes.some((cause) => cause.mode === mode.id), `the first verdict is ${mode.id}`);
      }
    });
  }
}

interface Recording {
  readonly name: string;
  readonly path: string;
  /** False where the mode's damage does not happen on that ansible-core. */
  readonly present: boolean;
  /** True where the log cannot show the cause (unseen.json). */
  readonly unseen: boolean;
}

function recordingsOf(folder: string): readonly Recording[] {
  const directory = join(folder, "proof", "recordings");
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".txt")).toSorted() : [];
  const unseenParts = Object.keys(unseen[basename(folder)] ?? {});
  return names.map((name) => {
    const path = join(directory, name);
    const head = readFileSync(path, "utf8").slice(0, 2000);
    return { name, path, present: !/^# damage: absent/m.test(head), unseen: unseenParts.some((part) => name.includes(part)) };
  });
}

function filesIn(directory: string, replaced: ReadonlyMap<string, string> = new Map()): ProjectFiles {
  return {
    read: (path) => {
      const text = replaced.get(path);
      return text === undefined ? projectFiles.read(join(directory, path)) : { ok: true, text };
    },
    list: (path) => projectFiles.list(join(directory, path)),
  };
}

function lintFile(directory: string, path: string): readonly Finding[] {
  const library = createLibrary(filesIn(directory));
  const result = lint(assemble(library, [path]), modes);
  assert.deepEqual(result.crashed, []);
  assert.deepEqual(library.unreadable, []);
  return result.findings;
}

/** The broken example after every repair that may be made, which must be all there is to do. */
function repaired(directory: string, safeOnly: boolean): string {
  const request = { paths: ["broken.yml"], modes, all: !safeOnly };
  const first = fix({ ...request, files: filesIn(directory) });
  assert.deepEqual(first.refused, []);
  const text = first.changed.get("broken.yml")?.after;
  assert.ok(text !== undefined, "something is repaired");
  assert.deepEqual([...first.changed.keys()], ["broken.yml"], "only the example is changed");
  const again = fix({ ...request, files: filesIn(directory, new Map([["broken.yml", text]])) });
  assert.deepEqual([...again.changed.keys()], [], "a second repair changes nothing");
  return text;
}

function assertSafety(mode: Mode, findings: readonly Finding[]): void {
  const fixes = findings.flatMap((finding) => (finding.mode === mode.id && finding.fix !== undefined ? [finding.fix.safe] : []));
  if (mode.fix === "safe") assert.ok(fixes.every(Boolean), "every fix is safe, as the mode says");
  if (mode.fix === "needs-a-person") assert.ok(!fixes.some(Boolean), "no fix is safe, as the mode says");
}

function expectText(path: string, actual: string): void {
  if (update) writeFileSync(path, actual);
  assert.equal(actual, existsSync(path) ? readFileSync(path, "utf8") : "", `${path} (UPDATE=1 rewrites it)`);
}

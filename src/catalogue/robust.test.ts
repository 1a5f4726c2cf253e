// Mangled playbooks and logs: whatever stands in them, lint, fix and diagnose end with an answer, and a repair never breaks YAML.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { diagnose } from "../engine/diagnose.ts";
import { fix } from "../engine/fix.ts";
import { lint } from "../engine/lint.ts";
import { fakeFiles } from "../engine/ports.fake.ts";
import { assemble } from "../engine/project/assemble.ts";
import { createLibrary } from "../engine/project/library.ts";
import { readOutput } from "../readers/output/read-output.ts";
import { readYaml } from "../readers/yaml.ts";
import { modes } from "./index.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

const catalogue = import.meta.dirname;
const playbooks = modes.flatMap((mode) => ["broken.yml", "near-miss.yml"].map((name) => join(catalogue, mode.id, "examples", name))).filter((path) => existsSync(path)).map((path) => readFileSync(path, "utf8"));
const logs = modes.flatMap((mode) => {
  const directory = join(catalogue, mode.id, "proof/recordings");
  return existsSync(directory) ? readdirSync(directory).slice(0, 2).map((name) => readFileSync(join(directory, name), "utf8")) : [];
});

/** Pieces that trip parsers: indentation, quotes, braces, tags, anchors, escapes, numbers of all kinds. */
const SPLINTERS = ["\n", "  ", "- ", ": ", "{{", "}}", "{%", '"', "'", "[", "]", "{", "}", "&a ", "*a", "!vault ", "!unsafe ", "<<: ", "|\n", "\t", "\r\n", "#", "async: ", "poll: ", "until: ", "null", "-1", "1h", "\u001b[31m", "\u0000", "é", "=> {", "FAILED!"];

function mangled(texts: readonly string[]): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(5000), fc.nat(30), fc.constantFrom(...SPLINTERS));
  return fc.tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 5 })).map(([text, changes]) =>
    changes.reduce((before, [at, length, splinter]) => {
      const start = at % (before.length + 1);
      return before.slice(0, start) + splinter + before.slice(start + length);
    }, text),
  );
}

test("mangled playbooks are linted and repaired without a crash, and what is repaired is YAML with fewer findings", () => {
  fc.assert(
    fc.property(mangled(playbooks), (text) => {
      const files = fakeFiles({ "site.yml": text });
      const result = lint(assemble(createLibrary(files), ["site.yml"]), modes);
      assert.deepEqual(result.crashed, []);
      for (const finding of result.findings) {
        assert.ok(finding.span.start >= 0 && finding.span.start <= finding.span.end && finding.span.end <= text.length, finding.mode);
      }
      const after = fix({ files, paths: ["site.yml"], modes, all: true }).changed.get("site.yml")?.after;
      if (after === undefined) return;
      assert.ok(readYaml(after).ok);
      const left = lint(assemble(createLibrary(fakeFiles({ "site.yml": after })), ["site.yml"]), modes).findings;
      assert.ok(left.length < result.findings.length);
    }),
    { numRuns: 400 },
  );
});

test("mangled logs are diagnosed without a crash", () => {
  fc.assert(
    fc.property(mangled(logs), (text) => {
      assert.deepEqual(diagnose({ story: readOutput(new TextEncoder().encode(text)), modes }).crashed, []);
    }),
    { numRuns: 400 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WordFinder } from "./line-bytes.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

test("a word is found in a line exactly when it stands in it as a whole, in any buffer", () => {
  const piece = fc.constantFrom("async", "as", "ync", "asyn", "y", "aasyncync", " ", "\n", "\n\n", "x");
  fc.assert(fc.property(fc.array(fc.array(piece, { maxLength: 30 }), { maxLength: 4 }), (buffers) => {
    const finder = new WordFinder("async", "ync");
    for (const pieces of buffers) {
      const lines = pieces.join("").split("\n");
      const bytes = Buffer.from(lines.join("\n"));
      finder.reset();
      let at = 0;
      for (const line of lines) {
        // Not every line is asked for, and not all of it.
        const from = Math.min(line.length, line.length % 3);
        if (line.length % 4 !== 3) assert.equal(finder.occurs(bytes, at + from, at + line.length), line.slice(from).includes("async"), line);
        at += line.length + 1;
      }
    }
  }), { numRuns: 2_000 });
});

test("a line may end inside a word", () => {
  const finder = new WordFinder("async", "ync");
  const bytes = Buffer.from("an async");
  assert.equal(finder.occurs(bytes, 0, 7), false);
  assert.equal(finder.occurs(bytes, 0, 8), true);
});

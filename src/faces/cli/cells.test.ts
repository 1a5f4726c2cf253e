import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, padded, shortened } from "./cells.ts";

test("a width is counted in cells: wide characters take two, marks and colours none", () => {
  assert.deepEqual(["", "abc", "日本", "e\u0301", "\u001b[31mred\u001b[39m", "👩‍🔧"].map(cellsOf), [0, 3, 4, 1, 3, 2]);
});

test("texts are filled up and shortened to cells, and never by half a character", () => {
  assert.equal(padded("日本", 6), "日本  ");
  assert.equal(padded("abc", 2), "abc");
  assert.equal(shortened("abc", 3), "abc");
  assert.equal(shortened("abcd", 3), "ab…");
  assert.equal(shortened("日本語", 4), "日…");
  assert.equal(shortened("日本語", 5), "日本…");
  assert.equal(shortened("ne\u0301ed", 3), "ne\u0301…");
});

test("what is shortened keeps its colours to their end", () => {
  assert.equal(shortened("\u001b[31mabcd\u001b[39m", 3), "\u001b[31mab…\u001b[39m");
  assert.equal(shortened("ab\u001b[31mcd\u001b[39mef", 3), "ab\u001b[31m…\u001b[39m");
});

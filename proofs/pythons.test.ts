import assert from "node:assert/strict";
import test from "node:test";
import { choosePython } from "./pythons.ts";

test("the newest Python that a series allows is taken, from the first place it was found", () => {
  const found = [{ path: "/a/python3.9", minor: 9 }, { path: "/a/python3.11", minor: 11 }, { path: "/b/python3.11", minor: 11 }, { path: "/a/python3.13", minor: 13 }];
  assert.equal(choosePython([9, 10, 11], found)?.path, "/a/python3.11");
  assert.equal(choosePython([12, 13, 14], found)?.path, "/a/python3.13");
});

test("no Python is no Python", () => {
  assert.equal(choosePython([14], [{ path: "/a/python3.11", minor: 11 }]), undefined);
  assert.equal(choosePython([14], []), undefined);
});

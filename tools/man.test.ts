// The man page in the eyes of troff. That it is up to date is what tools/docs.ts --check sees to.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { manPage } from "./man.ts";

const GROFF = "groff";
const hasGroff = spawnSync(GROFF, ["--version"]).status === 0;

test("the man page is set without a warning, in 80 columns, with every command", { skip: hasGroff ? false : "there is no groff on this machine" }, () => {
  const { stdout, stderr } = spawnSync(GROFF, ["-man", "-Tutf8", "-ww", "-P-c", "-P-bou", "-rLL=80n"], { input: manPage("1.2.3"), encoding: "utf8" });
  assert.equal(stderr, "");
  assert.deepEqual(stdout.split("\n").filter((line) => [...line].length > 80), []);
  for (const command of ["lint", "diagnose", "explain", "completion"]) assert.match(stdout, new RegExp(`^   longhaul ${command}$`, "m"));
  assert.match(stdout, /^EXIT STATUS\n {7}0 nothing wrong, 1 found something/m);
  assert.match(stdout, /longhaul 1\.2\.3/);
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfiguration } from "./configuration.ts";

const MODES = ["launch-never-checked", "retries-too-short"];

test("every setting is read, a single text where a list may stand", () => {
  const text = `paths: [playbooks, roles]
exclude: vendor/
profile: strict
core: [2.16, 2.19+]
baseline: .longhaul-baseline.json
history: off
modes:
  launch-never-checked: off
  retries-too-short: error
`;
  assert.deepEqual(readConfiguration(text, MODES), {
    ok: true,
    configuration: {
      paths: ["playbooks", "roles"],
      exclude: ["vendor/"],
      profile: "strict",
      cores: { from: "2.16" },
      baseline: ".longhaul-baseline.json",
      history: false,
      modes: new Map([["launch-never-checked", "off"], ["retries-too-short", "error"]]),
    },
  });
});

test("nothing in it configures nothing", () => {
  for (const text of ["", "---\n", "# later\n"]) assert.deepEqual(readConfiguration(text, MODES), { ok: true, configuration: { paths: [], exclude: [], modes: new Map(), history: true } });
});

test("what is wrong is said where it stands", () => {
  const wrong: readonly (readonly [string, RegExp, number])[] = [
    ["- a\n", /a map of paths, exclude/, 0],
    ["pathes: [a]\n", /no setting pathes; there are paths,/, 0],
    ["profile: production\n", /production is none of min, default, strict/, 9],
    ["core: newest\n", /2\.16, 2\.14-2\.18 or 2\.17\+/, 6],
    ["modes:\n  no-such: off\n", /no mode no-such; longhaul explain lists them/, 9],
    ["modes:\n  retries-too-short: fatal\n", /fatal is none of off, info/, 28],
    ["paths: [[a]]\n", /a text is expected/, 8],
    ["paths: [a\n", /./, 9],
  ];
  for (const [text, why, at] of wrong) {
    const reading = readConfiguration(text, MODES);
    assert.ok(!reading.ok, text);
    assert.match(reading.why, why);
    assert.ok(Math.abs(reading.at - at) <= 1, `${text}: ${reading.at}`);
  }
});

test("the example of the documentation is a configuration", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/configuration.md"), "utf8");
  const example = /```yaml\n(# longhaul\.yml\n[^]*?)```/.exec(page)?.[1] ?? "";
  const reading = readConfiguration(example, ["launch-never-checked", "poll-larger-than-limit"]);
  assert.ok(reading.ok && reading.configuration.modes.size === 2 && reading.configuration.exclude.length === 2);
});

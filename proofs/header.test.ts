import assert from "node:assert/strict";
import test from "node:test";
import { parseHeader } from "./header.ts";

const play = "---\n- hosts: all\n";

test("a header's lines become its fields", () => {
  const header = parseHeader([
    "# longhaul proof: some-mode", "# inventory: h1,h2", "# args: -v --check", "# needs: root, dash", "# interrupt at: ASYNC POLL", "# damage: <2.17",
    "# expects: exit 2", "# expects 2.17+: exit 0, 4", "# shows <2.17: \"msg\": \"no: such thing\"", "# never shows: ASYNC",
    "# then runs 4: sleep 60", "# then file import.log: disk full", "# then job file 2.14: \"rc\": 3", "# python: bin/python3", "# disk: size=8k", "# also: v0, vvv on 2.14, 2.21",
  ].join("\n") + `\n${play}`);
  if (typeof header === "string") assert.fail(header);
  assert.equal(header.id, "some-mode");
  assert.equal(header.inventory, "h1,h2");
  assert.deepEqual(header.args, ["-v", "--check"]);
  assert.deepEqual(header.needs, ["root", "dash"]);
  assert.equal(header.interruptAt, "ASYNC POLL");
  assert.deepEqual(header.damage, { below: "2.17" });
  assert.deepEqual(header.exits, [{ codes: [2] }, { range: { from: "2.17" }, codes: [0, 4] }]);
  assert.deepEqual(header.shows, [{ range: { below: "2.17" }, text: '"msg": "no: such thing"' }]);
  assert.deepEqual(header.neverShows, [{ text: "ASYNC" }]);
  assert.deepEqual(header.running, [{ text: "sleep 60", count: 4 }]);
  assert.deepEqual(header.files, [
    { text: "disk full", file: "import.log" },
    { range: { from: "2.14", to: "2.14" }, text: '"rc": 3' },
  ]);
  assert.equal(header.python, "bin/python3");
  assert.equal(header.disk, "size=8k");
  assert.deepEqual(header.looks, ["v0", "vvv"]);
  assert.deepEqual(header.lookSeries, ["2.14", "2.21"]);
});

test("comments of the playbook itself do not belong to the header", () => {
  const header = parseHeader("# longhaul proof: m\n# expects: exit 0\n---\n# expects: nonsense\n");
  assert.ok(typeof header !== "string");
});

test("a header that cannot be understood says so", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["# expects: exit 0\n", /first line/],
    ["# longhaul proof: m\n", /no `# expects/],
    ["# longhaul proof: m\n# expects: success\n", /not an exit code: success/],
    ["# longhaul proof: m\n# expects: exit 0\n# colour: blue\n", /unknown key: colour/],
    ["# longhaul proof: m\n# expects: exit 0\n# damage: never\n", /not a range of series: never/],
    ["# longhaul proof: m\n# expects: exit 0\n# also: loud on 2.14\n", /not a look: loud/],
    ["# longhaul proof: m\n#expects\n", /not a header line/],
  ];
  for (const [text, expected] of cases) {
    const answer = parseHeader(text + play);
    assert.ok(typeof answer === "string", text);
    assert.match(answer, expected);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../../catalogue/index.ts";
import type { Mode } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { runCli } from "./program.ts";
import type { FakeWorld } from "./world.fake.ts";
import { fakeWorld } from "./world.fake.ts";

const BROKEN = `- hosts: db
  tasks:
    - name: Compact
      command: compact
      async: 60
      poll: 5
      register: job
    - name: Wait
      async_status:
        jid: "{{ job.ansible_job_id }}"
      register: result
`;

const LOG = `
PLAY [db] **********************************************************************

TASK [Compact] *****************************************************************
ASYNC OK on db1: jid=j11.22
changed: [db1]

TASK [Wait] ********************************************************************
fatal: [db1]: FAILED! => {"ansible_job_id": "j11.22", "changed": false, "finished": 1, "msg": "could not find job", "started": 1}

PLAY RECAP *********************************************************************
db1                        : ok=1    changed=1    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
`;

async function run(world: FakeWorld, ...argv: readonly string[]): Promise<number> {
  return runCli(world, argv);
}

test("lint finds, shows the repair as a diff, repairs, and is then content", async () => {
  const world = fakeWorld({ "site.yml": BROKEN }, modes);
  assert.equal(await run(world, "lint"), 1);
  assert.match(world.printed.out, /^site\.yml:10:14 {2}error {2}status-of-polled-task$/m);
  assert.equal(await run(world, "lint", "--diff", "site.yml"), 1);
  assert.match(world.printed.out, /^-      poll: 5\n\+      poll: 0$/m);
  assert.equal(world.texts["site.yml"], BROKEN, "--diff writes nothing");
  assert.equal(await run(world, "lint", "--fix", "site.yml"), 0);
  assert.match(world.printed.out, /1 repaired, nothing left, 1 file checked/);
  assert.match(world.texts["site.yml"] ?? "", /until: result is finished/);
  assert.equal(await run(world, "lint"), 0);
});

test("lint -f json has a schema number, places and edits", async () => {
  const world = fakeWorld({ "site.yml": BROKEN }, modes);
  assert.equal(await run(world, "lint", "-f", "json"), 1);
  const report = JSON.parse(world.printed.out) as { schema: number; findings: { mode: string; start: object; fix: { safe: boolean; edits: object[] } }[] };
  assert.equal(report.schema, 1);
  assert.deepEqual(report.findings.map((finding) => [finding.mode, finding.start, finding.fix.safe, finding.fix.edits.length]), [
    ["status-of-polled-task", { line: 10, column: 14 }, true, 2],
  ]);
});

test("diagnose names the cause from a log, and in JSON too", async () => {
  const world = fakeWorld({ "run.log": LOG }, modes);
  assert.equal(await run(world, "diagnose", "run.log"), 1);
  assert.match(world.printed.out, /^FAILED {2}Wait on db1\n\n {2}A status task asks for a job that Ansible has polled itself\n {2}\[status-of-polled-task\]$/m);
  assert.match(world.printed.out, /line 5: ASYNC OK on db1: jid=j11\.22/);
  world.printed.out = "";
  assert.equal(await run(world, "diagnose", "-f", "json", "run.log"), 1);
  const report = JSON.parse(world.printed.out) as { logs: { diagnoses: { causes: { mode: string }[] }[] }[] };
  assert.deepEqual(report.logs[0]?.diagnoses[0]?.causes.map((cause) => cause.mode), ["status-of-polled-task"]);
});

test("of a log that is only a tail the playbook tells what the log cannot, and where", async () => {
  const world = fakeWorld({ "run.log": LOG.slice(LOG.indexOf("TASK [Wait]")), "site.yml": BROKEN }, modes);
  assert.equal(await run(world, "diagnose", "run.log"), 1);
  assert.match(world.printed.out, /The log cannot tell these \d causes apart:\n\n {2}seen There was no job file/);
  world.printed.out = "";
  assert.equal(await run(world, "diagnose", "run.log", "-p", "site.yml"), 1);
  assert.match(world.printed.out, /^FAILED {2}Wait on db1\n {2}at site\.yml:8\n\n {2}A status task asks .*\n {2}\[status-of-polled-task\]$/m);
});

test("a log in which nothing failed is said to be one", async () => {
  const world = fakeWorld({ "run.log": LOG.replace(/^fatal.*$/m, "ok: [db1]").replace("failed=1", "failed=0") }, modes);
  assert.equal(await run(world, "diagnose", "run.log"), 0);
  assert.match(world.printed.out, /^Nothing failed in this log\./);
});

test("a log that ends while a job runs is no good news", async () => {
  const cut = LOG.slice(0, LOG.indexOf("ASYNC OK")) + "ASYNC POLL on db1: jid=j11.22 started=1 finished=0\n";
  const world = fakeWorld({ "run.log": cut }, modes);
  assert.equal(await run(world, "diagnose", "run.log"), 1);
  assert.match(world.printed.out, /^CUT OFF {2}Compact on db1$|^CUT OFF {2}j11\.22 on db1$/m);
  assert.match(world.printed.out, /^ {9}ansible db1 -m ansible\.builtin\.async_status -a "jid=j11\.22"$/m);
});

test("explain shows a page, finds the modes behind a message, and lists all", async () => {
  const world = fakeWorld({ "status-of-polled-task.md": "# The page\n" }, modes);
  assert.equal(await run(world, "explain", "status-of-polled-task"), 0);
  assert.match(world.printed.out, /^# The page/);
  assert.equal(await run(world, "explain", 'fatal: [h]: FAILED! => {"msg": "could not find job"}'), 0);
  assert.match(world.printed.out, /status-of-polled-task/);
  assert.equal(await run(world, "explain"), 0);
  assert.match(world.printed.out, new RegExp(`${modes.length} modes`));
});

const BAD: readonly (readonly [title: string, argv: readonly string[], exit: number, message: RegExp])[] = [
  ["no such path", ["lint", "nowhere"], 2, /^longhaul: nowhere: no such file or directory$/m],
  ["nothing to lint", ["lint", "logs"], 2, /no \.yml or \.yaml file there/],
  ["a file that is not YAML", ["lint", "run.log"], 2, /^longhaul: run\.log:\d+:\d+: not valid YAML/m],
  ["a repair of another kind", ["lint", "--fix=some"], 2, /--fix/],
  ["broken YAML", ["lint", "bad.yml"], 2, /^longhaul: bad\.yml:3:1: not valid YAML: .*; not checked$/m],
  ["no such log", ["diagnose", "nowhere.log"], 2, /nowhere\.log: no such file/],
  ["a log that is none", ["diagnose", "bad.yml"], 2, /holds nothing that Ansible prints/],
  ["an empty log", ["diagnose", "empty.log"], 2, /is empty/],
  ["an unknown mode", ["explain", "no such thing at all"], 2, /no mode is called/],
  ["a misspelt mode", ["explain", "status-of-poled-task"], 2, /did you mean status-of-polled-task\?/],
  ["an unknown option", ["lint", "--nope"], 2, /unknown option '--nope'/],
  ["an unknown format", ["lint", "-f", "xml"], 2, /Allowed choices are text, json, sarif/],
  ["an unknown command", ["linnt"], 2, /unknown command 'linnt'/],
];

for (const [title, argv, exit, message] of BAD) {
  test(`${title}: one clear line and exit ${exit}`, async () => {
    const world = fakeWorld({ "run.log": LOG, "logs/run.log": LOG, "bad.yml": "- hosts: all\n  tasks: [\n", "empty.log": "" }, modes);
    assert.equal(await run(world, ...argv), exit);
    assert.match(world.printed.err, message);
  });
}

test("nothing from a playbook or a log reaches the terminal raw", async () => {
  const evil = "\u001b]0;owned\u0007\u202e";
  const world = fakeWorld({ "site.yml": BROKEN.replace("name: Wait", `name: "Wait\\e]0;owned\\a\\u202e"`).replace("async_status:", "async_status: # \u202e"), "run.log": LOG.replaceAll("[Wait]", `[Wait${evil}]`) }, modes);
  await run(world, "lint", "site.yml");
  await run(world, "diagnose", "run.log");
  assert.doesNotMatch(world.printed.out + world.printed.err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test("a check that breaks is said, the others go on, and the run is no clean one", async () => {
  const breaking: Mode = {
    id: "breaking", title: "It breaks", why: "Because.", do: "Nothing.", messages: [],
    lint: () => { throw new Error("out of order"); }, symptom: () => { throw new Error("out of order"); },
    probe: cannot("it breaks"), fix: cannot("it breaks"),
  };
  const world = fakeWorld({ "site.yml": BROKEN, "run.log": LOG }, [...modes, breaking]);
  assert.equal(await run(world, "lint"), 3);
  assert.match(world.printed.err, /the check breaking broke \(Error: out of order\)/);
  assert.match(world.printed.out, /status-of-polled-task/);
  assert.equal(await run(world, "diagnose", "run.log"), 3);
});

test("help has examples and fits 80 columns", async () => {
  for (const argv of [["--help"], ["lint", "--help"], ["diagnose", "--help"], ["explain", "--help"]]) {
    const world = fakeWorld({}, modes);
    assert.equal(await run(world, ...argv), 0);
    assert.match(world.printed.out, /Examples:/);
    for (const line of world.printed.out.split("\n")) assert.ok(line.length <= 80, line);
  }
  const world = fakeWorld({}, modes);
  assert.equal(await run(world, "--version"), 0);
  assert.equal(world.printed.out, "1.2.3\n");
});

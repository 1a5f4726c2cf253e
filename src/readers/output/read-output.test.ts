// Cases that the samples do not hold: odd names, damage, bounds, hostile input. The samples are in samples.test.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { Story } from "../../model/story.ts";
import { MAX_FAILURES, MAX_LINE_BYTES } from "./limits.ts";
import { createOutputReader, readOutput } from "./read-output.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

const STARS = "*".repeat(40);

function read(...lines: readonly string[]): Story {
  return readOutput(Buffer.from(`${lines.join("\n")}\n`));
}

/** A story of some lines below a heading. */
function readTask(...lines: readonly string[]): Story {
  return read(`PLAY [p] ${STARS}`, "", `TASK [t] ${STARS}`, ...lines);
}

function gaps(story: Story): string {
  return story.gaps.join(" ");
}

test("an item may hold arrows, brackets and braces", () => {
  for (const item of ["a => {b}", "x) => {y", "[1] (2)", ") => ", "{'k': 'v) => {}'}", "]: FAILED! => {"]) {
    const story = readTask(`failed: [h] (item=${item}) => {"msg": "no", "rc": 1}`, `changed: [h] => (item=${item}) => {"ansible_job_id": "j1.2", "started": 1, "finished": 0}`);
    assert.deepEqual(story.results.map((result) => result.item), [item, item]);
    assert.deepEqual(story.results.map((result) => result.fields["rc"] ?? result.fields["ansible_job_id"]), [1, "j1.2"]);
  }
});

test("hosts may have odd names and delegates, with and without address", () => {
  for (const host of ["a", "::1", "web[1]", "ünï.example", "h-1_2.x", "a b"]) {
    const story = readTask(
      `fatal: [${host}]: FAILED! => {"msg": "x"}`,
      `fatal: [${host} -> other]: FAILED! => {"msg": "x"}`,
      `fatal: [${host} -> other(10.0.0.1)]: UNREACHABLE! => {"msg": "x"}`,
      `ASYNC POLL on ${host}: jid=j5.6 started=1 finished=0`,
    );
    assert.deepEqual(story.results.map((result) => [result.host, result.delegatedTo, result.status]), [
      [host, undefined, "failed"], [host, "other", "failed"], [host, "other", "unreachable"],
    ]);
    assert.equal(story.jobs[0]?.host, host);
  }
});

test("a role is told from the name of a task, a handler from a task", () => {
  const story = read(`PLAY [p] ${STARS}`, `TASK [ns.coll.role : Start : it] ${STARS}`, `TASK [not a role: x] ${STARS}`, `RUNNING HANDLER [web : again] ${STARS}`);
  assert.deepEqual(story.tasks.map((task) => [task.role, task.name, task.handler]), [
    ["ns.coll.role", "Start : it", false], [undefined, "not a role: x", false], ["web", "again", true],
  ]);
});

test("the retry lines of 2.10 and older name no host", () => {
  const story = readTask("FAILED - RETRYING: t (30 retries left).", "FAILED - RETRYING: t (29 retries left).");
  assert.deepEqual(story.retries.map((row) => [row.host, row.task.name, row.count, row.firstLeft]), [["", "t", 2, 30]]);
});

test("...ignoring is the failure just before it, or the failed items of the host that spoke last", () => {
  const story = readTask(
    'fatal: [a]: FAILED! => {"msg": "1"}',
    'fatal: [b]: FAILED! => {"msg": "2"}',
    "...ignoring",
    `TASK [loop] ${STARS}`,
    'failed: [a] (item=1) => {"msg": "3"}',
    'failed: [b] (item=1) => {"msg": "4"}',
    "changed: [a] => (item=2)",
    "...ignoring",
  );
  assert.deepEqual(story.results.map((result) => [result.fields["msg"], result.ignored]), [["1", false], ["2", true], ["3", true], ["4", false]]);
});

test("a recap without failures says that a failure was rescued", () => {
  const recap = (failed: number): string => `h : ok=3    changed=1    unreachable=0    failed=${failed}    skipped=0    rescued=1    ignored=0   `;
  const failure = 'fatal: [h]: FAILED! => {"msg": "x"}';
  assert.equal(readTask(failure, `PLAY RECAP ${STARS}`, recap(0)).results[0]?.ignored, true);
  assert.equal(readTask(failure, `PLAY RECAP ${STARS}`, recap(1)).results[0]?.ignored, false);
});

test("errors that run ahead of their results are joined by message, not by neighbourhood", () => {
  const story = read(
    `PLAY [p] ${STARS}`,
    "[ERROR]: Task failed: Module failed: could not find job", "Origin: /srv/site/a.yml:5:7", "", "5     - name: one", "      ^ column 7", "",
    "[ERROR]: Task failed: Module failed: Timeout exceeded", "Origin: /srv/site/a.yml:9:7", "",
    `TASK [one] ${STARS}`, 'fatal: [h]: FAILED! => {"msg": "could not find job"}', "...ignoring",
    `TASK [other] ${STARS}`, 'fatal: [h]: FAILED! => {"msg": "something else"}', "...ignoring",
    `TASK [two] ${STARS}`, 'fatal: [h]: FAILED! => {"msg": "Timeout exceeded"}',
  );
  assert.deepEqual(story.tasks.map((task) => [task.name, task.fileLine]), [["one", 5], ["other", undefined], ["two", 9]]);
  assert.equal(story.errors.length, 2);
});

test("the innermost excerpt of an error tells the keyword it was in, of a list the one above the items", () => {
  const story = read(
    `PLAY [p] ${STARS}`, `TASK [one] ${STARS}`,
    "[ERROR]: Task failed: x", "Origin: /srv/a.yml:5:7", "", "5     - name: one", "      ^ column 7", "",
    "Origin: /srv/a.yml:7:13", "", "6       command: echo", "7       when: a.b", "              ^ column 13", "",
    'fatal: [h]: FAILED! => {"msg": "Task failed: x"}', "...ignoring",
    `TASK [two] ${STARS}`,
    "[ERROR]: Task failed: y", "Origin: /srv/a.yml:11:9", "", "10      until:", "11        - a.b", "            ^ column 11", "",
    'fatal: [h]: FAILED! => {"msg": "Task failed: y"}',
  );
  assert.deepEqual(story.results.map((result) => result.keyword), ["when", "until"]);
});

test("a task polled under strategy free is that of the next result of its host", () => {
  const story = read(
    `PLAY [p] ${STARS}`,
    "ASYNC POLL on a: jid=j1.1 started=1 finished=0",
    "ASYNC POLL on b: jid=j2.2 started=1 finished=0",
    `TASK [one] ${STARS}`, "changed: [a]",
    "ASYNC POLL on a: jid=j3.3 started=1 finished=0",
    `TASK [two] ${STARS}`, "changed: [b]",
  );
  assert.deepEqual(story.jobs.map((job) => [job.jid, job.task?.name]), [["j1.1", "one"], ["j2.2", "two"], ["j3.3", undefined]]);
});

test("an interruption is an error, up to 2.18 with a blank before it", () => {
  for (const line of [" [ERROR]: User interrupted execution", "[ERROR]: User interrupted execution"]) {
    assert.deepEqual(readTask(line).errors.map(({ message }) => message), ["User interrupted execution"]);
  }
});

test("wrapped warnings are put together again, what follows is not", () => {
  const story = read(
    "[WARNING]: Platform linux on host localhost is using the discovered Python",
    "interpreter at /usr/bin/python3.11, but future installation of another Python",
    "interpreter could change the meaning of that path.",
    `PLAY [p] ${STARS}`,
    "[WARNING]: short",
    "other text",
  );
  assert.equal(story.warnings[0]?.text.endsWith("meaning of that path."), true);
  assert.deepEqual(story.warnings.map((warning) => warning.line), [1, 5]);
  assert.equal(story.warnings[1]?.text, "[WARNING]: short");
});

test("no_log hides the job id: that is said, and no job is made up", () => {
  const story = readTask("ASYNC OK on h: jid=None", "changed: [h]");
  assert.deepEqual(story.jobs, []);
  assert.match(gaps(story), /1 ASYNC line name no job \(jid=None\)/);
});

test("a failure that is cut off keeps the keys that are there", () => {
  const whole = 'fatal: [h]: FAILED! => {"ansible_job_id": "j7.8", "changed": false, "cmd": ["a", "b"], "finished": 1, "msg": "Timeout exceeded", "rc": 1}';
  for (let length = whole.indexOf("{") + 1; length < whole.length; length += 1) {
    const story = readTask(whole.slice(0, length));
    const result = story.results[0];
    assert.equal(result?.partial, true);
    for (const [key, value] of Object.entries(result.fields)) {
      if (key === "msg" || key === "ansible_job_id") assert.ok(typeof value === "string" && "j7.8 Timeout exceeded".includes(value));
    }
    assert.match(gaps(story), /cut off/);
  }
});

test("a pretty-printed result at the end of a cut log is read as far as it goes", () => {
  const story = readTask("fatal: [h]: FAILED! => {", '    "ansible_job_id": "j7.8",', '    "async_result": {', '        "finished": 0,', '        "star');
  assert.deepEqual(story.results[0]?.fields, { ansible_job_id: "j7.8", async_result: { finished: 0 } });
  assert.match(gaps(story), /ends in the middle of a result/);
});

test("a pretty-printed result broken off by other lines ends there, and these lines count", () => {
  const story = readTask("fatal: [h]: FAILED! => {", '    "msg": "one",', `TASK [next] ${STARS}`, 'fatal: [h]: FAILED! => {"msg": "two"}');
  assert.deepEqual(story.results.map((result) => [result.task.name, result.fields["msg"], result.partial]), [["t", "one", true], ["next", "two", false]]);
  assert.match(gaps(story), /broken off by other lines/);
});

test("a result longer than the bound keeps the keys before its long text", () => {
  const long = "x".repeat(2 * MAX_LINE_BYTES);
  const story = readTask(`fatal: [h]: FAILED! => {"ansible_job_id": "j7.8", "msg": "m", "stdout": "${long}"}`, 'fatal: [i]: FAILED! => {"msg": "n"}');
  assert.deepEqual(story.results.map((result) => [result.host, result.fields["msg"], result.partial]), [["h", "m", true], ["i", "n", false]]);
  const pretty = readTask("fatal: [h]: FAILED! => {", '    "msg": "m",', `    "stdout": "${long}"`, "}", 'fatal: [i]: FAILED! => {"msg": "n"}');
  assert.deepEqual(pretty.results.map((result) => [result.host, result.fields["msg"], result.partial]), [["h", "m", true], ["i", "n", false]]);
});

test("more failures than the bound are counted, not kept", () => {
  const story = readTask(...Array.from({ length: MAX_FAILURES + 3 }, (_, n) => `fatal: [h${n}]: FAILED! => {"msg": "x"}`));
  assert.equal(story.results.length, MAX_FAILURES);
  assert.match(gaps(story), /More than 5000 failed results: 3 more were left out/);
});

test("a compact JSON document of one long line is read", () => {
  const host = (n: number): unknown => ({ changed: false, failed: true, msg: `no ${n}`, stdout: "y".repeat(5000), action: "ansible.builtin.async_status", ansible_job_id: `j${n}.1` });
  const hosts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`h${n}`, host(n)]));
  const run = { plays: [{ play: { name: "p" }, tasks: [{ hosts, task: { name: "r : t", path: "/srv/x.yml:7" } }] }], stats: { h0: { ok: 1, changed: 0, unreachable: 0, failures: 1, skipped: 0, rescued: 0, ignored: 0 } } };
  const story = read(JSON.stringify(run));
  assert.equal(story.form, "json");
  assert.equal(story.results.length, 500);
  assert.deepEqual([story.results[499]?.task.role, story.results[499]?.task.name, story.results[499]?.task.fileLine, story.results[499]?.fields["msg"]], ["r", "t", 7, "no 499"]);
  assert.equal(story.recap[0]?.failed, 1);
  assert.deepEqual(story.gaps, []);
});

test("loops of a JSON callback are read item by item", () => {
  const results = [1, 2].map((n) => ({ ansible_job_id: `j${n}.1`, ansible_loop_var: "item", changed: true, started: 1, finished: 0, item: `i${n}` }));
  const run = { plays: [{ play: { name: "p" }, tasks: [{ hosts: { h: { action: "shell", changed: true, results } }, task: { name: "t" } }] }], stats: {} };
  const story = read(JSON.stringify(run, null, 2));
  assert.deepEqual(story.results.map((result) => [result.item, result.status, result.fields["ansible_job_id"]]), [["i1", "changed", "j1.1"], ["i2", "changed", "j2.1"]]);
  assert.deepEqual(story.jobs.map((job) => job.launch?.item), ["i1", "i2"]);
});

test("job events of ansible-runner are read", () => {
  const data = { playbook: "site.yml", play: "p", play_uuid: "1", task: "t", task_uuid: "2", task_path: "/srv/x.yml:3", task_action: "ansible.builtin.shell", host: "h", role: "r" };
  const event = (name: string, more: object): string => JSON.stringify({ event: name, event_data: { ...data, ...more }, uuid: "u" });
  const story = read(
    event("playbook_on_task_start", {}),
    event("runner_on_async_poll", { res: { ansible_job_id: "j1.1" } }),
    event("runner_on_failed", { res: { failed: true, msg: "Timeout exceeded", ansible_job_id: "j1.1" }, ignore_errors: true }),
    event("playbook_on_stats", { task: "", task_uuid: "", processed: { h: 1 }, ok: { h: 2 }, failures: {}, ignored: { h: 1 }, dark: {} }),
  );
  assert.deepEqual(story.results.map((result) => [result.task.role, result.task.name, result.task.fileLine, result.host, result.ignored]), [["r", "t", 3, "h", true]]);
  assert.deepEqual(story.jobs.map((job) => [job.polls, job.task?.name, job.looks.length]), [[1, "t", 0]]);
  assert.deepEqual(story.recap.map((row) => [row.ok, row.failed, row.ignored]), [[2, 0, 1]]);
});

test("the artifact of ansible-navigator is read", () => {
  const task = (host: string, outcome: string, res: object): object => ({ __host: host, __result: outcome, host, res, task: "Wait", task_path: "/srv/x.yml:9", task_action: "ansible.builtin.async_status" });
  const tasks = [task("a", "Ignored", { failed: true, msg: "could not find job", ansible_job_id: "j1.1" }), task("b", "Ok", { changed: true, ansible_job_id: "j2.2", finished: 1 })];
  const story = read(JSON.stringify({ version: "2.0.0", plays: [{ __play_name: "p", tasks }], stdout: [], status: "successful" }, null, 4));
  assert.deepEqual(story.tasks.map((found) => [found.play, found.name, found.fileLine]), [["p", "Wait", 9]]);
  assert.deepEqual(story.results.map((result) => [result.host, result.status, result.ignored]), [["a", "failed", true], ["b", "changed", false]]);
});

test("the yaml callback of community.general begins its results on the line of the head", () => {
  const story = readTask(
    "fatal: [h]: FAILED! => changed=false ", "  ansible_job_id: j1.2", "  finished: 1", "  msg: |-", "    two", "    lines", "  rc: 3", "",
    "changed: [h] => (item=x) => changed=true ", "  ansible_job_id: '7.8'", "  started: 1", "  finished: 0",
    "ok: [h] => changed=false ", "  other: 1", `TASK [u] ${STARS}`,
  );
  assert.deepEqual(story.results.map((result) => [result.item, result.partial, result.fields]), [
    [undefined, false, { changed: false, ansible_job_id: "j1.2", finished: 1, msg: "two\nlines", rc: 3 }],
    ["x", false, { changed: true, ansible_job_id: "7.8", started: 1, finished: 0 }],
  ]);
});

test("braces that are no JSON do not swallow the log", () => {
  const story = read("{", "echo hello", `PLAY [p] ${STARS}`, `TASK [t] ${STARS}`, '{ "open": "', 'fatal: [h]: FAILED! => {"msg": "x"}');
  assert.equal(story.results.length, 1);
});

test("an ad-hoc run after a playbook in the same log has a task of its own", () => {
  const story = readTask(`PLAY RECAP ${STARS}`, "h : ok=1    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   ", "", "h | FAILED! => {", '    "msg": "x"', "}");
  assert.deepEqual(story.results.map((result) => [result.task.name, result.fields["msg"]]), [["", "x"]]);
});

test("the answer of an ad-hoc command may look like Ansible's output and is still its answer", () => {
  const story = read("a | FAILED | rc=2 >>", 'fatal: [x]: FAILED! => {"msg": "told"}', "more", "b | CHANGED | rc=0 >>", 'fatal: [y]: FAILED! => {"msg": "told"}');
  assert.equal(story.form, "adhoc");
  assert.deepEqual(story.results.map((result) => [result.host, result.fields["rc"], result.fields["msg"]]), [["a", 2, 'fatal: [x]: FAILED! => {"msg": "told"}\nmore']]);
});

test("input that is empty, binary or not Ansible's gives an empty story that says so", () => {
  const image = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256));
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(10_000), image, Buffer.from("hello\nworld\n")]) {
    const story = readOutput(bytes);
    assert.equal(story.form, "none");
    assert.match(gaps(story), /Nothing that Ansible prints/);
  }
});

test("a key named __proto__ stays a key", () => {
  const fields = readTask('fatal: [h]: FAILED! => {"__proto__": {"msg": "evil"}, "rc": 1}').results[0]?.fields;
  assert.equal(fields?.["msg"], undefined);
  assert.deepEqual(Object.keys(fields ?? {}), ["__proto__", "rc"]);
});

test("nesting without end is cut", () => {
  const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;
  assert.equal(readTask(`fatal: [h]: FAILED! => ${deep}`).results[0]?.partial, true);
  assert.equal(read(deep).form, "none");
});

/** Every text of a story. */
function texts(value: unknown, inFields = false): readonly { readonly text: string; readonly inFields: boolean }[] {
  if (typeof value === "string") return [{ text: value, inFields }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...(inFields ? [{ text: key, inFields }] : []), ...texts(inner, inFields || key === "fields")]);
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const CONTROL_IN_VALUE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function assertPrintable(story: Story): void {
  for (const { text, inFields } of texts(story)) {
    assert.ok(!(inFields ? CONTROL_IN_VALUE : CONTROL).test(text), JSON.stringify(text));
    assert.ok(text.isWellFormed());
  }
}

test("control characters in names, items, messages and errors are replaced", () => {
  const evil = "x\u001b]0;t\u0007\u202e\u2066y\u0085\u0000";
  const story = read(
    `PLAY [${evil}] ${STARS}`, `TASK [${evil}] ${STARS}`, `task path: /srv/${evil}:3`, `fatal: [${evil}]: FAILED! => ${JSON.stringify({ [evil]: evil, msg: `${evil}\nline` })}`,
    `failed: [h] (item=${evil}) => {"msg": "x"}`, `ASYNC POLL on ${evil}: jid=${evil} started=1 finished=0`, `[WARNING]: ${evil}`, `ERROR! ${evil}`, "",
    `The error appears to be in '${evil}': line 1, column 2, but may`, `[ERROR]: ${evil}`, `Origin: ${evil}:1:2`, `FAILED - RETRYING: [${evil}]: ${evil} (1 retries left).`,
  );
  assert.equal(story.results.length, 2);
  assertPrintable(story);
});

const SAMPLES = ["2.14-v1.txt", "2.14-v4-colour.txt", "2.21-v0.txt", "2.19-yaml.txt", "2.18-json.txt", "2.21-github.txt", "2.14-adhoc-status.txt"].map((name) =>
  readFileSync(new URL(`samples/${name}`, import.meta.url)),
);
const LINES = SAMPLES.flatMap((bytes) => bytes.toString("latin1").split("\n"));

/** Real lines in any order, cut anywhere, with bytes of any kind between them. */
const anyLog: fc.Arbitrary<Buffer> = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...LINES) }, { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...LINES), fc.nat(80)).map(([line, cut]) => line.slice(0, cut)) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")) }), { maxLength: 60, size: "max" })
  .map((lines) => Buffer.from(lines.join("\n"), "latin1"));

test("any bytes are read without an error, and nothing that is kept can harm a terminal", () => {
  fc.assert(fc.property(fc.oneof(anyLog, fc.uint8Array({ maxLength: 2000 })), (bytes) => {
    const story = readOutput(bytes);
    assert.equal(story.bytes, bytes.length);
    assertPrintable(story);
  }), { numRuns: 500 });
});

test("the story does not depend on the chunks", () => {
  fc.assert(fc.property(anyLog, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }), (bytes, sizes) => {
    const reader = createOutputReader();
    for (let at = 0, n = 0; at < bytes.length; n += 1) {
      const size = sizes[n % sizes.length] ?? 1;
      const chunk = Uint8Array.from(bytes.subarray(at, at + size));
      reader.push(chunk);
      chunk.fill(88);
      at += size;
    }
    assert.deepEqual(reader.end(), readOutput(bytes));
  }), { numRuns: 500 });
});

test("lines and blocks over the bound have the same story in any chunks", () => {
  const long = "x".repeat(MAX_LINE_BYTES + 70_000);
  const log = Buffer.from([
    `PLAY [p] ${STARS}`, `TASK [t] ${STARS}`, `fatal: [a]: FAILED! => {"msg": "m", "stdout": "${long}"}`, "fatal: [b]: FAILED! => {", '    "msg": "m",', `    "stdout": "${long}"`, "}",
    long, `ok: [c] => {"ansible_job_id": "j1.1", "stdout": "${long}"}`, 'fatal: [d]: FAILED! => {"msg": "m"}', "",
  ].join("\n"));
  const whole = readOutput(log);
  assert.deepEqual(whole.results.map((result) => [result.host, result.partial]), [["a", true], ["b", true], ["c", true], ["d", false]]);
  for (const size of [1_000, 65_536, MAX_LINE_BYTES, MAX_LINE_BYTES + 1]) {
    const reader = createOutputReader();
    for (let at = 0; at < log.length; at += size) reader.push(log.subarray(at, at + size));
    assert.deepEqual(reader.end(), whole, `chunks of ${size}`);
  }
});

test("what is kept of a long log does not hold on to its chunks", () => {
  const reader = createOutputReader();
  const padding = `<h> EXEC ${"y".repeat(100_000)}`;
  reader.push(Buffer.from(`PLAY [p] ${STARS}\nTASK [t] ${STARS}\n`));
  for (let n = 0; n < 1_000; n += 1) {
    reader.push(Buffer.from(`${padding}\nASYNC POLL on host-number-${n}: jid=j${n}00000000000.${n} started=1 finished=0\nfatal: [host-number-${n}]: FAILED! => {"msg": "a message of some length", "stdout": "${"z".repeat(2_000)}"}\n`));
  }
  const story = reader.end();
  assert.equal(story.jobs.length, 1_000);
  // 100 MB went through; what is kept is some 4 MB.
  assert.ok(process.memoryUsage().heapUsed < 120_000_000, String(process.memoryUsage().heapUsed));
});

test("hostile lines take time in proportion to their length", () => {
  const many = (line: string): string => `${line}\n`.repeat(Math.ceil(1_500_000 / line.length));
  const once = (line: string): string => line.repeat(Math.ceil(1_500_000 / line.length));
  const inputs = [
    many("ok: [x"), many("fatal: [h]: FAILED! => {"), many("{"), many("TASK [t"), many("FAILED - RETRYING: [h]: x (1 retries left)."), many("[ERROR]: x"),
    many('failed: [h] (item=) => {'), many("\u001b[0m\u001b[0m"), many("a | FAILED | rc=1 >>"), many("...ignoring"), many("[WARNING]: x"), many("2026-01-01T00:00:00Z x"),
    `fatal: [h]: FAILED! => ${once('{"a":')}`, `failed: [h] (item=${once(") => ")}`, `failed: [h] (item=${once(') => {"')}`, `PLAY RECAP ${STARS}\n${once("a ")}`,
    once("{[".repeat(20)), `{"plays": [${once('{"tasks":[{"hosts":{"a":{}}}]},')}`, `fatal: [h]: FAILED! => \n${many("    a:")}`, `fatal: [h]: FAILED! => \n${many("      x: y")}`,
    once("\u001b[1;1;1"), once("[0;31m"), once("\u001b]"), `TASK [${once("] ")}`, `ASYNC POLL on ${once(": jid=")}`,
  ];
  const started = process.cpuUsage();
  for (const input of inputs) readOutput(Buffer.from(input));
  const { user } = process.cpuUsage(started);
  // 38 MB in all; anything quadratic would take minutes.
  assert.ok(user < 15_000_000, `${user / 1e6} s`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../catalogue/index.ts";
import { diagnose } from "../engine/diagnose.ts";
import { readOutput } from "../readers/output/read-output.ts";

const JID = "j123.456";
const MODES = ["job-file-removed", "status-as-another-user", "status-in-another-dir", "status-of-polled-task", "status-on-another-host"];

/** A whole log of one play, from the lines under its two tasks. */
function log(start: readonly string[], wait: readonly string[]): string {
  const heading = (text: string): string => `\n${text} ${"*".repeat(60)}\n`;
  return [
    heading("PLAY [Release]"), heading("TASK [Start]"), start.join("\n"), "\n", heading("TASK [Wait]"), wait.join("\n"), "\n", heading("PLAY RECAP"),
    "h1                         : ok=1    changed=1    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   \n",
  ].join("");
}

const result = (head: string, fields: object): string => `${head} => ${JSON.stringify({ ansible_job_id: JID, ...fields })}`;
const launch = (head: string, directory: string): string => result(head, { changed: true, finished: 0, results_file: `${directory}/${JID}`, started: 1 });
const missing = (head: string, directory: string, more: object = {}): string =>
  result(head, { changed: false, finished: 1, msg: "could not find job", results_file: `${directory}/${JID}`, started: 1, stderr: "", stdout: "", ...more });
const running = (head: string, directory: string): string =>
  result(head, { changed: false, finished: 0, results_file: `${directory}/${JID}`, started: 1, stderr: "", stdout: "" });

interface Verdict {
  readonly causes: readonly string[];
  readonly ruledOut: readonly string[];
  readonly unknown: number;
}

function verdict(text: string): Verdict {
  const { diagnoses, crashed } = diagnose({ story: readOutput(new TextEncoder().encode(text)), modes });
  assert.deepEqual(crashed, []);
  const first = diagnoses.find((diagnosis) => diagnosis.subject.failed);
  return {
    causes: first?.causes.map((cause) => cause.mode) ?? [],
    ruledOut: first?.ruledOut.map((out) => out.mode) ?? [],
    unknown: first?.unknown.length ?? 0,
  };
}

function names(text: string, mode: string): void {
  const found = verdict(text);
  assert.deepEqual(found.causes, [mode]);
  assert.deepEqual(found.ruledOut, MODES.filter((each) => each !== mode), "every other one is ruled out");
}

/** The right place, and nothing had ever seen the file: it was removed, or never written. */
const NO_FILE = ["async-dir-unwritable", "disk-full", "job-file-removed"];

function namesNoFile(text: string): void {
  const found = verdict(text);
  assert.deepEqual(found.causes, NO_FILE);
  assert.deepEqual(found.ruledOut, MODES.filter((each) => each !== "job-file-removed"), "every other one is ruled out");
  assert.equal(found.unknown, 1, "one look at the host tells");
}

test("the line of the failure alone leaves all five open, and says what would tell", () => {
  const found = verdict(missing("fatal: [h1]: FAILED!", "/root/.ansible_async"));
  assert.deepEqual(found.causes, MODES);
  assert.ok(found.unknown > 0);
});

test("a whole log without -v rules out the polled task, which it would show", () => {
  const found = verdict(log(["changed: [h1]"], [missing("fatal: [h1]: FAILED!", "/root/.ansible_async")]));
  assert.deepEqual(found.causes, MODES.filter((mode) => mode !== "status-of-polled-task"));
});

test("two homes on one host are two users", () => {
  names(log([launch("changed: [h1]", "/home/app/.ansible_async")], [missing("fatal: [h1]: FAILED!", "/root/.ansible_async")]), "status-as-another-user");
  names(log([launch("changed: [h1]", "/root/jobs")], [missing("fatal: [h1]: FAILED!", "/Users/jo/jobs")]), "status-as-another-user");
});

test("two directories of one host are the directory", () => {
  for (const [from, to] of [["/srv/a", "/root/.ansible_async"], ["/tmp/.ansible_async", "/root/.ansible_async"], ["/srv/a/jobs", "/srv/a/tasks"]] as const) {
    names(log([launch("changed: [h1]", from)], [missing("fatal: [h1]: FAILED!", to)]), "status-in-another-dir");
  }
});

test("a directory of that name in an unusual place is one or the other", () => {
  const found = verdict(log([launch("changed: [h1]", "/opt/app/.ansible_async")], [missing("fatal: [h1]: FAILED!", "/root/.ansible_async")]));
  assert.deepEqual(found.causes, ["status-as-another-user", "status-in-another-dir"]);
});

test("a variable in the directory is named even without the launch", () => {
  const polled = log(["ASYNC FAILED on h1: jid=j123.456", missing("fatal: [h1]: FAILED!", "$HOME/jobs")], []);
  names(polled, "status-in-another-dir");
});

test("a delegated launch, and one job asked for on several hosts, are the host", () => {
  names(log([launch("changed: [h1 -> localhost]", "/root/.ansible_async")], [missing("fatal: [h1]: FAILED!", "/root/.ansible_async")]), "status-on-another-host");
  const many = ["h2", "h3"].map((host) => missing(`fatal: [${host}]: FAILED!`, "/root/.ansible_async"));
  names(log(["changed: [h1]"], many), "status-on-another-host");
  const polledBefore = log(["changed: [h1]"], [running("ok: [h1]", "/root/.ansible_async"), missing("fatal: [h2]: FAILED!", "/root/.ansible_async")]);
  names(polledBefore, "status-on-another-host");
});

test("several hosts that ask one delegate are no difference", () => {
  const text = log([launch("changed: [h1 -> build]", "/root/.ansible_async")], ["h1", "h2"].map((host) => missing(`fatal: [${host} -> build]: FAILED!`, "/root/.ansible_async")));
  namesNoFile(text);
});

test("the right host and directory leave a file that is gone or never was, an earlier look that found it the removal", () => {
  namesNoFile(log([launch("changed: [h1]", "/root/.ansible_async")], [missing("fatal: [h1]: FAILED!", "/root/.ansible_async")]));
  const retried = ["FAILED - RETRYING: [h1]: Wait (3 retries left).", missing("fatal: [h1]: FAILED!", "/root/.ansible_async", { attempts: 2 })];
  names(log(["changed: [h1]"], retried), "job-file-removed");
  const polls = ["ASYNC POLL on h1: jid=j123.456 started=1 finished=0", "ASYNC FAILED on h1: jid=j123.456", missing("fatal: [h1]: FAILED!", "/root/.ansible_async")];
  names(log(polls, []), "job-file-removed");
});

test("a look that goes astray in the middle of a wait is the directory, not the user", () => {
  const retried = ["FAILED - RETRYING: [h1]: Wait (3 retries left).", missing("fatal: [h1]: FAILED!", "/root/.ansible_async", { attempts: 2 })];
  names(log([launch("changed: [h1]", "/home/app/.ansible_async")], retried), "status-in-another-dir");
});

test("a cleanup of this very job is named", () => {
  const cleanup = result("ok: [h1]", { changed: false, erased: `/root/.ansible_async/${JID}`, finished: 0, started: 0, stderr: "", stdout: "" });
  const found = verdict(log([launch("changed: [h1]", "/root/.ansible_async"), cleanup], [missing("fatal: [h1]: FAILED!", "/root/.ansible_async")]));
  assert.deepEqual(found.causes, ["job-file-removed"]);
});

test("Ansible's own polling that never finds its job leaves the directory, or no file at all", () => {
  const text = log(["ASYNC FAILED on h1: jid=j123.456", missing("fatal: [h1]: FAILED!", "/root/.ansible_async")], []);
  const found = verdict(text);
  assert.deepEqual(found.causes, ["async-dir-unwritable", "disk-full", "status-in-another-dir"]);
  assert.deepEqual(found.ruledOut, ["status-as-another-user", "status-of-polled-task", "status-on-another-host"]);
});

test("a job that Ansible has polled to its end is the polled task, whatever else differs", () => {
  names(log(["ASYNC OK on h1: jid=j123.456", "changed: [h1]"], [missing("fatal: [h1]: FAILED!", "/root/.ansible_async")]), "status-of-polled-task");
});

test("a jid that is none is none of these", () => {
  const text = missing("fatal: [h1]: FAILED!", "/root/.ansible_async").replaceAll(JID, "{'changed': True}");
  assert.deepEqual(verdict(text).causes.filter((mode) => MODES.includes(mode)), []);
});

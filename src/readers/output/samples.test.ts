// Logs of real Ansible runs, and beside each the outline of the story that the reader should find in it.
// A changed outline is written anew with: UPDATE_OUTLINES=1 node --test src/readers/output/samples.test.ts

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import type { LoggedJob, LoggedResult, LoggedTask, Story } from "../../model/story.ts";
import { createOutputReader, readOutput } from "./read-output.ts";

const FOLDER = new URL("samples/", import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".txt") && !name.endsWith(".outline.txt"));

function sample(name: string): Buffer {
  return readFileSync(new URL(name, FOLDER));
}

function outline(story: Story): string {
  const head = [
    `form ${story.form}, core ${story.core ?? "?"}, verbosity ${story.verbosity}, playbook ${story.playbook ?? "?"}, check mode ${story.checkMode}`,
    `${story.lines} lines, ${story.bytes} bytes`,
  ];
  return `${[
    ...head,
    ...story.tasks.map(taskLine),
    ...story.results.map(resultLine),
    ...story.jobs.map(jobLine),
    ...story.retries.map((row) => `retries ${row.host} of "${row.task.name}": ${row.count}, first with ${row.firstLeft} left at ${row.first.line}`),
    ...story.errors.map((error) => `error at ${error.quote.line}: ${error.message} <${error.file ?? "?"}:${error.fileLine ?? "?"}:${error.fileColumn ?? "?"}>`),
    ...story.warnings.map((warning) => `warning at ${warning.line}: ${warning.text}`),
    ...story.recap.map((row) => `recap ${row.host} at ${row.quote.line}: ${row.ok} ${row.changed} ${row.unreachable} ${row.failed} ${row.skipped} ${row.rescued} ${row.ignored}`),
    ...story.gaps.map((gap) => `gap: ${gap}`),
  ].join("\n")}\n`;
}

function taskLine(task: LoggedTask): string {
  const role = task.role === undefined ? "" : ` of role ${task.role}`;
  const action = task.action === undefined ? "" : ` (${task.action})`;
  return `task at ${task.heading.line}: "${task.name}"${role}${action}${task.handler ? " handler" : ""} in "${task.play ?? ""}" <${task.file ?? "?"}:${task.fileLine ?? "?"}>`;
}

function resultLine(result: LoggedResult): string {
  const marks = [result.ignored ? "ignored" : "", result.partial ? "partial" : ""].filter((mark) => mark !== "").join(", ");
  const where = `${result.host}${result.delegatedTo === undefined ? "" : ` -> ${result.delegatedTo}`}${result.item === undefined ? "" : ` (${result.item})`}`;
  const keys = ["ansible_job_id", "started", "finished", "attempts", "rc", "msg"].filter((key) => key in result.fields);
  const told = keys.map((key) => `${key} ${JSON.stringify(result.fields[key])?.slice(0, 90)}`).join(", ");
  return `result at ${result.quote.line}: "${result.task.name}" ${where} ${result.status}${marks === "" ? "" : ` [${marks}]`}: ${told}; ${Object.keys(result.fields).length} fields`;
}

function jobLine(job: LoggedJob): string {
  const polls = job.polls === 0 ? "no polls" : `${job.polls} polls from ${job.firstPoll?.line ?? "?"} to ${job.lastPoll?.line ?? "?"}`;
  const end = job.ended === undefined ? "" : `, ended ${job.ended.as} at ${job.ended.quote.line}`;
  const launch = job.launch === undefined ? "" : `, launched at ${job.launch.quote.line}`;
  const looks = job.looks.length === 0 ? "" : `, looked at ${job.looks.map((look) => look.quote.line).join(" ")}`;
  const limit = job.limitSeconds === undefined ? "" : `, limit ${job.limitSeconds} s`;
  return `job ${job.jid} on ${job.host}${job.task === undefined ? "" : ` of "${job.task.name}"`}: ${polls}${end}${launch}${looks}${limit}`;
}

for (const name of NAMES) {
  test(`the story of samples/${name} is as outlined`, () => {
    const place = new URL(name.replace(/\.txt$/, ".outline.txt"), FOLDER);
    const found = outline(readOutput(sample(name)));
    if (process.env["UPDATE_OUTLINES"] === "1") writeFileSync(place, found);
    assert.equal(found, readFileSync(place, "utf8"));
  });
}

test("a log has the same story in one piece, in bytes and in odd chunks", () => {
  for (const name of NAMES) {
    const bytes = sample(name);
    const whole = readOutput(bytes);
    for (const size of [1, 7, 61, 1000, 4096]) {
      const reader = createOutputReader();
      const chunk = Buffer.alloc(size);
      for (let at = 0; at < bytes.length; at += size) {
        const length = bytes.copy(chunk, 0, at, at + size);
        reader.push(chunk.subarray(0, length));
      }
      assert.deepEqual(reader.end(), whole, `${name} in chunks of ${size}`);
    }
  }
});

const PREFIXES: Readonly<Record<string, (n: number) => string>> = {
  "GitHub Actions": (n) => `2026-01-01T00:00:${String(n % 60).padStart(2, "0")}.${String(n * 1031).padStart(7, "0")}Z `,
  "GitLab": (n) => `2026-01-01T00:00:00.${String(n).padStart(6, "0")}Z 01O `,
  "Jenkins": (n) => `[2026-01-01T00:00:00.${String(n % 1000).padStart(3, "0")}Z] `,
  "Jenkins, short": (n) => `00:00:${String(n % 60).padStart(2, "0")}  `,
  "the systemd journal": (n) => `Jan ${String(1 + (n % 28)).padStart(2, " ")} 00:00:00 build-host ansible-playbook[${4000 + n}]: `,
  "ansible's log file": (n) => `2026-01-01 00:00:00,${String(n % 1000).padStart(3, "0")} p=1234 u=root n=ansible | `,
  "ansible's log file, newer": (n) => `2026-01-01 00:00:00,${String(n % 1000).padStart(3, "0")} p=1234 u=root n=ansible ${n % 3 === 0 ? "INFO" : "WARNING"}| `,
  "docker compose": () => "\u001b[36mdeploy-1  | \u001b[0m",
  "Terraform": () => "null_resource.run (local-exec): ",
  "Kubernetes": () => "2026-01-01T00:00:00.000000000Z stdout F ",
  "gh run view --log": (n) => `build\tRun ansible\t2026-01-01T00:00:00.${String(n).padStart(7, "0")}Z `,
  "GitHub Actions around docker compose": (n) => `2026-01-01T00:00:00.${String(n).padStart(7, "0")}Z deploy-1  | `,
};

function withoutSize(story: Story): unknown {
  return { ...story, bytes: 0 };
}

for (const [system, prefix] of Object.entries(PREFIXES)) {
  test(`what ${system} puts before each line makes no difference`, () => {
    // Without a time in it, a prefix is known only from a heading.
    const unknown = /Terraform|docker/.test(system) ? /github|log-file|json|adhoc|stopped/ : /github|log-file/;
    for (const name of NAMES.filter((other) => !unknown.test(other))) {
      const lines = sample(name).toString("utf8").split("\n");
      const numbered = lines.slice(0, -1).map((line, index) => `${prefix(index + 1)}${line}\n`).join("");
      const plain = readOutput(sample(name));
      const found = readOutput(Buffer.from(numbered));
      assert.deepEqual(withoutSize(found), withoutSize(plain), name);
    }
  });
}

test("carriage returns before the newlines make no difference", () => {
  for (const name of NAMES) {
    const text = sample(name).toString("utf8");
    const story = readOutput(Buffer.from(text.replaceAll("\n", "\r\n")));
    assert.equal(outline({ ...story, bytes: 0 }), outline({ ...readOutput(Buffer.from(text)), bytes: 0 }), name);
  }
});

test("UTF-16 with a byte order mark, as PowerShell writes it, is read like UTF-8", () => {
  const text = sample("2.14-v0.txt").toString("utf8");
  const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
  const reader = createOutputReader();
  for (let at = 0; at < wide.length; at += 3) reader.push(wide.subarray(at, at + 3));
  assert.deepEqual({ ...reader.end(), bytes: 0 }, { ...readOutput(Buffer.from(text)), bytes: 0 });
});

test("colours that lost their escape character are still no part of the text", () => {
  const text = sample("2.14-v4-colour.txt").toString("utf8").replaceAll("\u001b", "");
  const story = readOutput(Buffer.from(text));
  const whole = readOutput(sample("2.14-v4-colour.txt"));
  assert.deepEqual(story.results.map((result) => result.fields), whole.results.map((result) => result.fields));
  assert.deepEqual(story.jobs.map((job) => job.limitSeconds), whole.jobs.map((job) => job.limitSeconds));
});

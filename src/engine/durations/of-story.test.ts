import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { araResultOf, eventsOfAra, jobTimesIn, objectsIn } from "../../readers/artifact-events.ts";
import { readOutput } from "../../readers/output/read-output.ts";
import { createTaskTimesReader } from "../../readers/output/task-times.ts";
import type { Durations } from "./of-story.ts";
import { durationsOf, secondsOfDelta } from "./of-story.ts";

// Recorded on ansible-core 2.18.19 with ansible.posix 1.6: samples/site.yml on two hosts.
const sample = (name: string): Buffer => readFileSync(join(import.meta.dirname, "samples", name));

function durationsIn(bytes: Buffer): Durations {
  const times = createTaskTimesReader();
  // In small pieces: nothing may depend on where a chunk ends.
  for (let at = 0; at < bytes.length; at += 97) times.push(bytes.subarray(at, at + 97));
  const objects = objectsIn(bytes.toString("utf8"));
  return durationsOf({ story: readOutput(bytes), taskTimes: times.end(), jobTimes: objects === undefined ? new Map() : jobTimesIn(objects), project: "/srv/shop", at: 1_795_000_000 });
}

function told({ measurements }: Durations): readonly string[] {
  return measurements.filter(({ host }) => host === "db1").map(({ work, seconds, end }) => `${work.file}|${work.task}|${work.module}|${work.shape}|${seconds.toFixed(1)}|${end}`);
}

test("output with -v tells the duration of commands, of the launch's task, and no value of an argument", () => {
  const found = durationsIn(sample("2.18-v1.txt"));
  assert.deepEqual(told(found), ["|Migrate the database||sh -c --token|2.0|finished", "|Start the report||sleep; echo|3.0|finished"]);
  assert.equal(found.untimed, 4);
  assert.ok(!JSON.stringify(found).includes("SECRET"));
});

test("profile_tasks tells how long the tasks took that Ansible polled", () => {
  const found = durationsIn(sample("2.18-profile-tasks.txt"));
  assert.deepEqual(told(found), ["|Migrate the database|||5.2|finished", "|Wait for a port that never opens|||4.5|finished", "|Too short|||6.0|timed-out"]);
});

test("events tell durations of modules that do not measure themselves, with file and module", () => {
  const found = durationsIn(sample("2.18-jsonl.txt"));
  assert.deepEqual(told(found).map((line) => line.replace(/\|[\d.]+\|/, "|")), [
    "site.yml|Migrate the database|command|sh -c --token|finished",
    "site.yml|Wait for a port that never opens|wait_for||finished",
    "site.yml|Start the report|shell|sleep; echo|finished",
    "site.yml|Too short|command||timed-out",
  ]);
});

test("a result of ARA's API counts like an event", () => {
  const result = {
    status: "changed", started: "2026-11-27T22:33:47.287902Z", ended: "2026-11-27T22:33:54.467795Z", playbook: { path: "/srv/shop/site.yml" }, play: { name: "Shop" },
    task: { id: 1, name: "Update", action: "ansible.builtin.apt", path: "/srv/shop/site.yml", lineno: 5 }, host: { name: "db2" },
    content: { ansible_job_id: "j912900605114.21580", changed: true, finished: 1, started: 1 },
  };
  const ara = araResultOf(result);
  assert.ok(ara !== undefined);
  const events = eventsOfAra([ara]);
  const story = readOutput(Buffer.from(events.map((event) => JSON.stringify(event)).join("\n")));
  const { measurements } = durationsOf({ story, taskTimes: [], jobTimes: jobTimesIn(events), project: "/srv/shop", at: 1_795_828_434 });
  assert.deepEqual(measurements.map(({ work: { file, task, module }, host, seconds }) => [file, task, module, host, Math.round(seconds * 100) / 100]), [["site.yml", "Update", "apt", "db2", 7.18]]);
});

test("what the controller gave up on lasted its limit at least", () => {
  const log = 'PLAY [a] ****\n\nTASK [Long] ****\nASYNC POLL on h: jid=j1.2 started=1 finished=0\nfatal: [h]: FAILED! => {"ansible_job_id": "j1.2", "async_result": {"finished": 0}, "changed": false, "msg": "async task did not complete within the requested time - 600s"}\n';
  const [only] = durationsIn(Buffer.from(log)).measurements;
  assert.deepEqual([only?.seconds, only?.end, only?.limitSeconds], [600, "timed-out", 600]);
});

test("a program that was ended by a signal was killed", () => {
  const log = 'PLAY [a] ****\n\nTASK [Long] ****\nASYNC POLL on h: jid=j1.2 started=1 finished=0\nASYNC FAILED on h: jid=j1.2\nfatal: [h]: FAILED! => {"ansible_job_id": "j1.2", "cmd": "a", "delta": "0:01:00.5", "finished": 1, "rc": -9, "msg": "non-zero return code"}\n';
  const [only] = durationsIn(Buffer.from(log)).measurements;
  assert.deepEqual([only?.seconds, only?.end], [60.5, "killed"]);
});

test("a status task that found no file says nothing of the job", () => {
  const log = 'PLAY [a] ****\n\nTASK [Ask] ****\nfatal: [h]: FAILED! => {"ansible_job_id": "j1.2", "finished": 1, "msg": "could not find job", "started": 1}\n';
  assert.deepEqual(durationsIn(Buffer.from(log)), { measurements: [], untimed: 0, open: 1 });
});

test("Python's way to write a time is read with days and without", () => {
  assert.deepEqual(["0:00:01.5", "1:02:03", "2 days, 0:00:01", "1 day, 1:00:00.0", "soon", undefined].map(secondsOfDelta), [1.5, 3723, 172_801, 90_000, undefined, undefined]);
});

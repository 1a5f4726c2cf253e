import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentEvent } from "../../../model/host.ts";
import { runCli } from "../program.ts";
import type { FakeHost } from "./jobs.fake.ts";
import { ended, fakeHost, job, running, worldOf } from "./jobs.fake.ts";

const output = (text: string, offset: number, stream: "stdout" | "stderr" | "log" = "log"): AgentEvent => ({ event: "output", stream, text, offset });
const NOTE: AgentEvent = { event: "note", text: "This job has no log of its own." };

test("tail prints the last lines of a job, as lines that steer nothing", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(ended)], tail: [output("one\nt", 5, "stdout"), output("wo\r\n10 %\r20 %\nthree\u001b[2J", 30, "stdout"), output("oops\n", 5, "stderr")] }] }, seen)]);
  assert.equal(await runCli(world, ["jobs", "tail", "j1.10", "-n", "3"]), 0);
  assert.equal(world.printed.out, "one\ntwo\n20 %\nthree\\x1b[2J\n");
  assert.equal(world.printed.err, "oops\n");
  assert.deepEqual(seen.asked.at(-1), { do: "tail", dir: "/d", jid: "j1.10", from: 0, lines: 3, follow: false });
});

test("lines of several jobs say whose they are", async () => {
  const hosts = ["web1", "web2"].map((host) => fakeHost({ host, answers: [{ list: [job(running), job({ ...ended, jid: "j8.8" })], tail: [output("hello\n", 6)] }] }));
  const world = worldOf(hosts);
  assert.equal(await runCli(world, ["jobs", "tail"]), 0);
  assert.equal(world.printed.out, "web1/j1.10  hello\nweb2/j1.10  hello\n");
});

test("a job that is followed is printed to its end from where a lost connection has left it, each byte once", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const answers = [{ list: [job(running)], tail: [output("one\ntw", 6), "drop"] }, undefined, { tail: [output("o\n", 8)], show: [job(ended)] }] as const;
  const world = worldOf([fakeHost({ host: "web1", answers }, seen)]);
  assert.equal(await runCli(world, ["jobs", "tail", "-f"]), 0);
  assert.equal(world.printed.out, "one\ntwo\n");
  assert.equal(world.printed.err, "longhaul: web1: the connection was lost (Broken pipe); trying again for up to 30m00s\nlonghaul: web1: connected again after 1s\nlonghaul: web1/j1.10: finished rc 0\n");
  assert.deepEqual(seen.asked.filter((asked) => asked.do === "tail"), [
    { do: "tail", dir: "/d", jid: "j1.10", from: 0, lines: 10, follow: true },
    { do: "tail", dir: "/d", jid: "j1.10", from: 6, follow: true },
  ]);
});

test("a log that goes on in another file is printed on, and asked for from there after a lost connection", async () => {
  const seen: FakeHost = { asked: [], closed: [] };
  const piece = (text: string, offset: number, place: string): AgentEvent => ({ event: "output", stream: "log", text, offset, place });
  const answers = [{ list: [job(running)], tail: [piece("one\n", 4000, "8:1"), piece("two\n", 4, "8:2"), "drop"] }, { tail: [piece("three\n", 10, "8:2")], show: [job(ended)] }] as const;
  const world = worldOf([fakeHost({ host: "web1", answers }, seen)]);
  assert.equal(await runCli(world, ["jobs", "tail", "-f", "j1"]), 0);
  assert.equal(world.printed.out, "one\ntwo\nthree\n");
  assert.deepEqual(seen.asked.filter((asked) => asked.do === "tail").at(-1), { do: "tail", dir: "/d", jid: "j1.10", from: 4, place: "8:2", follow: true });
});

test("what a result holds is not printed twice after a lost connection", async () => {
  const answers = [{ list: [job(ended)], tail: [output("out\n", 4, "stdout"), output("err\n", 4, "stderr"), "drop"] }, { tail: [output("err\n", 4, "stderr"), output("more\n", 9, "stderr")], show: [job(ended)] }] as const;
  const world = worldOf([fakeHost({ host: "web1", answers })]);
  assert.equal(await runCli(world, ["jobs", "tail", "-f", "j1"]), 0);
  assert.equal(world.printed.out, "out\n");
  assert.match(world.printed.err, /^err\n(?:longhaul: .*\n){2}more\nlonghaul: /);
});

test("that Ansible keeps output back is said, and so is a job without any", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(running)], tail: [NOTE] }] })]);
  assert.equal(await runCli(world, ["jobs", "tail"]), 0);
  assert.equal(world.printed.err, "longhaul: web1/j1.10: This job has no log of its own.\n");
  const silent = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(ended)], show: [job(ended)] }] })]);
  assert.equal(await runCli(silent, ["jobs", "tail", "j1"]), 0);
  assert.equal(silent.printed.err, "longhaul: web1/j1.10: no output; finished rc 0\n");
});

test("nothing to print, no such job, a bad number of lines: each is said", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(ended)] }] })]);
  assert.equal(await runCli(world, ["jobs", "tail"]), 0);
  assert.match(world.printed.err, /nothing runs on 1 host; name a job/);
  assert.equal(await runCli(world, ["jobs", "tail", "j9"]), 1);
  assert.equal(await runCli(world, ["jobs", "tail", "-n", "-1"]), 2);
  const broken = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(running)], tail: [{ event: "error", code: "internal", message: "no" }] }] })]);
  assert.equal(await runCli(broken, ["jobs", "tail"]), 2);
  assert.match(broken.printed.err, /web1\/j1\.10: no\n$/);
});

test("JSON has each piece with its job and where it ends; a line without end is printed in parts", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(running)], tail: [output("a\u001b", 2)] }, {}] })]);
  assert.equal(await runCli(world, ["jobs", "tail", "--format", "json"]), 0);
  assert.deepEqual(JSON.parse(world.printed.out), { host: "web1", jid: "j1.10", stream: "log", text: "a\u001b", offset: 2 });
  const long = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(running)], tail: [output("x".repeat(40_000), 40_000)] }] })]);
  assert.equal(await runCli(long, ["jobs", "tail"]), 0);
  assert.deepEqual(long.printed.out.split("\n").map(({ length }) => length), [32_768, 7232, 0]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostLink } from "../../../engine/ports.ts";
import { Problem } from "../../../model/problem.ts";
import { runCli } from "../program.ts";
import { NOW, ended, fakeHost, job, running, worldOf } from "./jobs.fake.ts";

const live = { size: () => ({ columns: 70, rows: 24 }), onResize: () => () => undefined };

test("watch draws the table again and again, and leaves the last one at Ctrl-C", async () => {
  const acts: (() => void)[] = [];
  const onInterrupt = (act: () => void): (() => void) => {
    acts.push(act);
    return () => undefined;
  };
  let looks = 0;
  const host = fakeHost({ host: "web1", answers: [{ list: [job(running)] }] });
  assert("link" in host);
  const link = { ...host.link, now: () => NOW + (looks += 1) };
  const world = worldOf([{ host: "web1", link }], { live, onInterrupt });
  const watching = runCli(world, ["jobs", "list", "-w", "5"]);
  await world.clock.sleep(11_000);
  for (const act of acts.toReversed()) act();
  const text = world.printed.out.replaceAll("\u001b", "^");
  assert.match(text, /HOST  STATE    AGE .*\nweb1  running  1m\d\ds .*j1\.10  command\n1 job on 1 host, 1 running; every 5s, Ctrl-C ends\n/);
  assert.ok((text.match(/Ctrl-C ends/g) ?? []).length >= 3);
  assert.match(text, /\^\[J(?:HOST .*\nweb1 .*\n)$/);
  assert.equal(await watching, 0);
});

test("a host that drops out is looked for, and shown again when it is back", async () => {
  const host = fakeHost({ host: "web1", answers: [{ list: [job(running)] }, { list: [job(running)] }] });
  assert("link" in host);
  let looks = 0;
  const request: HostLink["request"] = async function* (asked) {
    looks += 1;
    if (looks === 3) throw new Problem("unreachable", "web1: the connection was lost (Broken pipe)");
    yield* host.link.request(asked);
  };
  const acts: (() => void)[] = [];
  const onInterrupt = (act: () => void): (() => void) => {
    acts.push(act);
    return () => undefined;
  };
  const world = worldOf([{ host: "web1", link: { ...host.link, request } }], { live, onInterrupt });
  const watching = runCli(world, ["jobs", "list", "-w"]);
  await world.clock.sleep(9000);
  const text = world.printed.out;
  for (const act of acts.toReversed()) act();
  await watching;
  assert.equal(world.printed.err, "longhaul: web1: the connection was lost (Broken pipe); trying again for up to 1d00h\nlonghaul: web1: connected again after 0s\n");
  assert.match(text, /1 job on 1 host, 1 running; every 2s, Ctrl-C ends\n$/);
});

test("watch needs a terminal", async () => {
  const world = worldOf([fakeHost({ host: "web1", answers: [{ list: [job(ended)] }] })]);
  assert.equal(await runCli(world, ["jobs", "list", "-w"]), 2);
  assert.match(world.printed.err, /--watch .* needs a terminal/);
});

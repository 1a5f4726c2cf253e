// What a host keeps about jobs besides their files: lines of wrappers in the system's log, kills that cgroups have counted.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fields } from "../../model/fields.ts";
import type { CgroupKills, WrapperLog } from "../../model/host-looks.ts";
import { killsFacts, wrapperLogFacts } from "../../model/host-search.ts";
import { readAnswer } from "../../model/host.ts";
import { PROBES, askAgent, pythonsHere } from "./agent.fixture.ts";

const ROOT = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-traces-")));
const PYTHONS = pythonsHere(ROOT);
after(() => rmSync(ROOT, { recursive: true, force: true }));

async function ask(what: string, request: Fields, python = PYTHONS[0] ?? "python3"): Promise<Fields> {
  const answers = await askAgent({ do: "probe", what: [what], program: PROBES, ...request }, { python, env: { PATH: ROOT, HOME: ROOT, LC_ALL: "C.UTF-8", TZ: "UTC" }, directory: ROOT });
  const event = answers.map((answer) => readAnswer(answer)?.event)[0];
  assert(event?.event === "probe" && event.facts !== null, JSON.stringify(answers));
  return event.facts;
}

/** Files below a directory that stands for the root of a host. */
function rootWith(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(ROOT, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const LIMIT = "j579774190600.22898";
const OTHER = "j977218161029.23814";
/** As ansible-core 2.21 wrote them on a Debian; the lines about files are those of 2.14 in the same form. */
const SAID = [
  "Invoked with j579774190600 4 false /root/.ansible/tmp/ansible-tmp-1.2-22403-2/AnsiballZ_command.py /usr/bin/python3",
  "Starting module and watcher",
  "Start watching 22912 (4)",
  "Start module (22912)",
  "Return async_wrapper task started.",
  "22912 still running (2.0)",
  "22912 still running (0.0)",
  "Timeout reached, now killing 22912",
  "Sent kill to group 22912 ",
  "Invoked with j977218161029 30 false /root/.ansible/tmp/ansible-tmp-3.4-23193-5/AnsiballZ_command.py /usr/bin/python3",
  "Starting module and watcher",
  "Start watching 24015 (30)",
  "Start module (24015)",
  "Module complete (24015)",
  "failed to write to /root/.ansible_async/j977218161029.23814: [Errno 28] No space left on device",
  "Done in kid B.",
  "Invoked with j111 9 false /root/.ansible/tmp/ansible-tmp-5.6-22900-7/AnsiballZ_command.py /usr/bin/python3",
  "Start watching 22912 (9)",
  "22912 still running (4)",
  "error: [Errno 13] Permission denied: '/srv/jobs/j977218161029.238140.tmp'",
];

async function said(root: string, jids: readonly string[], python?: string): Promise<WrapperLog> {
  return wrapperLogFacts(await ask("wrapper-log", { root, jids }, python));
}

test("lines of a job's wrapper are told from those of others, in both forms of time", async () => {
  const old = rootWith("old", { "var/log/syslog": ["Nov 28 01:31:51 shop sshd[1]: async_wrapper", ...SAID.map((text) => `Nov 28 01:31:52 shop ansible-async_wrapper.py: ${text}`)].join("\n") });
  const iso = rootWith("iso", { "var/log/messages": SAID.map((text) => `2023-11-28T03:31:52.125+02:00 shop ansible-async_wrapper.py[77]: ${text}`).join("\n") });
  for (const python of PYTHONS) {
    for (const root of [old, iso]) {
      const { said: lines, unknown } = await said(root, [LIMIT, OTHER], python);
      assert.equal(unknown, null);
      assert.deepEqual(lines.filter(({ jid }) => jid === LIMIT).map(({ text }) => text), [...SAID.slice(0, 1), ...SAID.slice(2, 4), ...SAID.slice(6, 9)], "of the lines on a running job the last");
      assert.deepEqual(lines.filter(({ jid }) => jid === OTHER).map(({ text }) => text), [SAID[9], ...SAID.slice(11, 15)]);
    }
    const at = (await said(iso, [LIMIT], python)).said[0]?.at;
    assert.equal(at, Date.parse("2023-11-28T01:31:52Z") / 1000);
  }
  const date = new Date(((await said(old, [LIMIT])).said[0]?.at ?? 0) * 1000);
  assert.equal(date.toISOString().slice(4, 19), "-11-28T01:31:52");
  assert.ok(date.getTime() < Date.now() + 86_400_000, "a line of a day to come is of the last year");
});

test("whose runner is whose is not guessed where jobs were started at the same time", async () => {
  const both = [SAID[0], SAID[9], "Start watching 24015 (30)", "Start watching 22912 (4)", "22912 still running (2.0)", SAID[14]];
  const root = rootWith("both", { "var/log/syslog": both.map((text) => `Nov 28 01:31:52 shop ansible-async_wrapper.py: ${text}`).join("\n") });
  const { said: lines } = await said(root, [LIMIT, OTHER]);
  assert.deepEqual(lines.map(({ jid, text }) => [jid, text]), [[LIMIT, SAID[0]], [OTHER, SAID[9]], [OTHER, SAID[14]]]);
});

test("a log that is not there, or that no wrapper has written to, is not known", async () => {
  for (const root of [rootWith("none", {}), rootWith("silent", { "var/log/syslog": "Nov 28 01:31:52 shop sshd[1]: hello\n\u0000\u0001" })]) {
    assert.match((await said(root, [LIMIT])).unknown ?? "", /neither the journal nor a system log/);
  }
});

async function cgroups(root: string, python?: string): Promise<readonly CgroupKills[]> {
  return killsFacts(await ask("kernel-log", { root }, python)).cgroups;
}

test("kills that cgroups have counted: of the login's own and of users, in both versions and in a container", async () => {
  const slices = rootWith("v2", {
    "proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
    "proc/self/cgroup": "0::/system.slice/ssh.service\n",
    "sys/fs/cgroup/system.slice/ssh.service/memory.events": "low 0\noom 4\noom_kill 3\noom_group_kill 0\n",
    "sys/fs/cgroup/user.slice/user-1000.slice/memory.events": "oom_kill 1\n",
    "sys/fs/cgroup/user.slice/user-1001.slice/memory.events": "oom_kill 0\n",
  });
  const container = rootWith("v1", {
    "proc/self/mountinfo": "30 23 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n31 23 0:27 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n",
    "proc/self/cgroup": "4:memory:/docker/abc\n3:cpu:/docker/abc\n",
    "sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
  });
  for (const python of PYTHONS) {
    assert.deepEqual(await cgroups(slices, python), [
      { path: "/system.slice/ssh.service", kills: 3, uid: null, isOwn: true, jids: [] },
      { path: "/user.slice/user-1000.slice", kills: 1, uid: 1000, isOwn: false, jids: [] },
    ]);
    assert.deepEqual(await cgroups(container, python), [{ path: "/docker/abc", kills: 2, uid: null, isOwn: true, jids: [] }]);
  }
  assert.deepEqual(await cgroups(join(ROOT, "nowhere")), []);
});

/** A cgroup of our own with little memory; or why there can be none. */
function smallCgroup(): { readonly path: string } | { readonly why: string } {
  const name = `longhaul-test-${process.pid}`;
  const kinds = [
    { path: `/sys/fs/cgroup/memory/${name}`, limits: { "memory.limit_in_bytes": "100M", "memory.memsw.limit_in_bytes": "100M" }, needs: "memory.limit_in_bytes" },
    { path: `/sys/fs/cgroup/${name}`, limits: { "memory.max": "100M", "memory.swap.max": "0" }, needs: "memory.max" },
  ];
  for (const { path, limits, needs } of kinds) {
    try {
      mkdirSync(path);
    } catch {
      continue;
    }
    if (existsSync(join(path, needs))) {
      for (const [file, value] of Object.entries(limits)) if (existsSync(join(path, file))) writeFileSync(join(path, file), value);
      return { path };
    }
    rmdirSync(path);
  }
  return { why: "no cgroup with a limit of memory can be made here" };
}

const CGROUP = smallCgroup();

test("a program that the kernel has killed for want of memory in a real cgroup is counted", { skip: "why" in CGROUP ? CGROUP.why : false }, async () => {
  assert("path" in CGROUP);
  const [python = "python3"] = PYTHONS;
  const inside = join(ROOT, "inside");
  writeFileSync(inside, `#!/bin/sh\necho $$ > ${CGROUP.path}/cgroup.procs && exec ${python} "$@"\n`, { mode: 0o755 });
  try {
    const hog = spawnSync(inside, ["-c", "x = bytearray(400 * 1024 * 1024)"], { stdio: "ignore" });
    assert.equal(hog.signal, "SIGKILL");
    const { cgroups: counted } = killsFacts(await ask("kernel-log", {}, inside));
    const [own] = counted.filter(({ isOwn }) => isOwn);
    assert.equal(own?.path.endsWith(`longhaul-test-${process.pid}`), true, JSON.stringify(counted));
    assert.ok(own?.kills === 1, JSON.stringify(counted));
  } finally {
    // The kernel lets go of the last process a moment after its end.
    for (let tries = 0; existsSync(CGROUP.path) && tries < 100; tries += 1) {
      try {
        rmdirSync(CGROUP.path);
      } catch {
        await sleep(100);
      }
    }
  }
});

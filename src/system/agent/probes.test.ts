// The probes on every Python that is here, with configuration in a directory of their own and homes made for them.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import type { Fields } from "../../model/fields.ts";
import type { AsyncDirFacts } from "../../model/host-facts.ts";
import { asyncDirFacts, cleanersFacts, clockFacts, environmentFacts, remoteTmpFacts, sessionsFacts, sudoFacts } from "../../model/host-facts.ts";
import { readAnswer } from "../../model/host.ts";
import { PROBES, askAgent, pythonsHere } from "./agent.fixture.ts";

const ROOT = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-probes-")));
const PYTHONS = pythonsHere(ROOT);
const ENVIRONMENT = { PATH: "/usr/bin:/bin", HOME: ROOT, LC_ALL: "C.UTF-8" };

after(() => rmSync(ROOT, { recursive: true, force: true }));

interface Around {
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: string;
  readonly python?: string;
}

/** Asks for one probe; every answer is a line, and the last one says done. */
async function probe(what: string, request: Fields = {}, { env = {}, program = PROBES, python = PYTHONS[0] ?? "python3" }: Around = {}): Promise<Fields> {
  const answers = await askAgent({ do: "probe", what: [what], program, ...request }, { python, env: { ...ENVIRONMENT, ...env }, directory: ROOT });
  const events = answers.map((answer) => readAnswer(answer)?.event);
  assert.equal(events.at(-1)?.event, "done", JSON.stringify(answers));
  const [event] = events;
  assert(event?.event === "probe" && event.probe === what && event.facts !== null, JSON.stringify(answers));
  return event.facts;
}

/** The same on every Python; each has to tell the same. */
async function onAll<T>(what: string, read: (facts: Fields) => T, request: Fields = {}): Promise<T> {
  const told: T[] = [];
  for (const python of PYTHONS) told.push(read(await probe(what, request, { python })));
  for (const each of told) assert.deepEqual(each, told[0]);
  assert(told[0] !== undefined);
  return told[0];
}

/** Others write on the same disk meanwhile. */
const steady = (facts: Fields): Fields => ({ ...facts, free: 1, inodes_free: 1 });
const steadyDir = (facts: Fields): AsyncDirFacts => asyncDirFacts(steady(facts));

/** Files below a directory that stands for the root of a host. */
function rootWith(name: string, files: Readonly<Record<string, string | Buffer>>): string {
  const root = join(ROOT, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test("what is asked wrongly, or not known, is said and hinders no other probe", async () => {
  const start = { python: PYTHONS[0] ?? "python3", env: ENVIRONMENT, directory: ROOT };
  const several = await askAgent({ do: "probe", what: ["clock", "nonsense", "cleaners"], program: PROBES }, start);
  assert.deepEqual(several.map((each) => [each["event"], each["probe"], each["why"]]), [
    ["probe", "clock", null],
    ["probe", "nonsense", "This agent has no probe of that name."],
    ["probe", "cleaners", "cleaners needs dirs, a list of directories."],
    ["done", undefined, undefined],
  ]);
  for (const request of [{ what: "clock" }, { what: [] }, { what: ["clock"] }, { what: ["clock"], program: 3 }]) {
    assert.deepEqual((await askAgent({ do: "probe", ...request }, start)).map(({ code }) => code), ["bad-request"]);
  }
});

test("a clock, on every Python", async () => {
  for (const python of PYTHONS) {
    const { now, uptime, boot_id: boot, unknown } = clockFacts(await probe("clock", {}, { python }));
    assert.ok(Math.abs((now ?? 0) - Date.now() / 1000) < 60);
    assert.ok(uptime === null || uptime > 0);
    assert.deepEqual(unknown, {});
    if (existsSync("/proc/sys/kernel/random/boot_id")) assert.equal(boot, readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  }
});

test("what only a login shell has is found: names of all variables, values of paths alone", async () => {
  const home = join(ROOT, "login");
  const tools = join(home, "tools");
  mkdirSync(tools, { recursive: true });
  writeFileSync(join(tools, "only-there"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(home, ".bash_profile"), `echo Welcome\nexport PATH="$PATH:${tools}" JAVA_HOME=/opt/java API_TOKEN='top secret' ODD_PATH='https://u:hidden@h'\n`);
  for (const python of PYTHONS) {
    const raw = await probe("environment", { needs: ["only-there", "API_TOKEN", "sh"] }, { env: { HOME: home, SHELL: "/bin/bash" }, python });
    const facts = environmentFacts(raw);
    if (facts.login === null) {
      assert.ok(facts.unknown["login"] !== undefined);
      continue;
    }
    assert.equal(facts.home_env, home);
    assert.deepEqual(facts.unknown, {});
    assert.ok(facts.login.path?.split(":").includes(tools) === true, facts.login.path ?? "");
    assert.deepEqual(["API_TOKEN", "JAVA_HOME", "ODD_PATH"].filter((name) => facts.login?.added.includes(name)), ["API_TOKEN", "JAVA_HOME", "ODD_PATH"]);
    assert.ok(facts.login.changed.includes("PATH") && !facts.login.added.includes("SHLVL"));
    assert.equal(facts.login.values["JAVA_HOME"], "/opt/java");
    assert.doesNotMatch(JSON.stringify(raw), /top secret|hidden/);
    const [only, token, sh] = facts.needs;
    assert.deepEqual(only, { name: "only-there", job: { variable: false, program: null }, login: { variable: false, program: join(tools, "only-there") } });
    assert.deepEqual([token?.job?.variable, token?.login?.variable], [false, true]);
    assert.ok(sh?.job?.program?.endsWith("/sh"));
  }
});

test("a start-up file that never ends costs a bounded time, and leaves no process", { skip: existsSync("/proc/self/environ") ? false : "processes are looked at by /proc here" }, async () => {
  const home = join(ROOT, "endless");
  mkdirSync(home);
  writeFileSync(join(home, ".bash_profile"), "setsid sleep 3571 &\nwhile :; do sleep 3571; done\n");
  const program = PROBES.replace("LOGIN_SECONDS = 10.0", "LOGIN_SECONDS = 1.0");
  assert.notEqual(program, PROBES);
  const facts = environmentFacts(await probe("environment", {}, { env: { HOME: home }, program }));
  assert.equal(facts.login, null);
  assert.match(facts.unknown["login"] ?? "", /gave no answer within 1 s|lets nobody in|no shell/);
  const left = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandOf(name).includes("3571") && commandOf(name).startsWith("sleep"));
  assert.deepEqual(left, []);
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

test("the async dir is resolved as the wrapper does it and as async_status does it", async () => {
  const [account] = execFileSync("id", ["-un"], { encoding: "utf8" }).split("\n");
  const usual = await onAll("async-dir", steadyDir);
  assert.deepEqual([usual.asked, usual.by_wrapper, usual.exists, usual.nearest, usual.refused], ["~/.ansible_async", join(ROOT, ".ansible_async"), false, ROOT, null]);
  assert.notEqual(usual.by_status, usual.by_wrapper);
  const named = await onAll("async-dir", steadyDir, { async_dir: `~${account}/x` });
  assert.equal(named.by_wrapper, named.by_status);
  // Only the status task replaces variables.
  const literal = await onAll("async-dir", steadyDir, { async_dir: "$HOME/jobs" });
  assert.deepEqual([literal.by_wrapper, literal.by_status], [`${ROOT}/$HOME/jobs`, `${ROOT}/jobs`]);
});

test("whether files can be made in a directory is tried, and nothing stays in it", async () => {
  const dir = join(ROOT, "jobs with blank");
  mkdirSync(dir, { mode: 0o750 });
  writeFileSync(join(dir, "j1.2"), "{}");
  const good = await onAll("async-dir", steadyDir, { async_dir: dir });
  assert.deepEqual([good.exists, good.kind, good.mode, good.refused, good.jobs, good.nearest], [true, "directory", 0o750, null, 1, dir]);
  assert.deepEqual(readdirSync(dir), ["j1.2"]);
  writeFileSync(join(ROOT, "a-file"), "");
  const file = await onAll("async-dir", steadyDir, { async_dir: join(ROOT, "a-file") });
  assert.deepEqual([file.kind, file.refused], ["other", "Not a directory"]);
  const inFile = asyncDirFacts(await probe("async-dir", { async_dir: join(ROOT, "a-file/jobs") }));
  assert.deepEqual([inFile.exists, inFile.refused], [false, "Not a directory"]);
  if (existsSync("/proc/self/mountinfo")) {
    const closed = await onAll("async-dir", steadyDir, { async_dir: "/proc/jobs" });
    assert.notEqual(closed.refused, null);
    assert.deepEqual([closed.filesystem?.type, closed.nearest], ["proc", "/proc"]);
  }
});

test("a remote temporary directory tells its blanks, its mount and whether setfacl works", async () => {
  const facts = await onAll("remote-tmp", (facts) => remoteTmpFacts(steady(facts)), { remote_tmp: join(ROOT, "my tmp") });
  assert.deepEqual([facts.path, facts.exists, facts.refused], [join(ROOT, "my tmp"), false, null]);
  assert.equal(facts.acl.works === true, facts.acl.why === null);
  assert.equal(facts.noexec, facts.filesystem === null ? null : facts.filesystem.options.includes("noexec"));
});

const TMPFILES = {
  "/usr/lib/tmpfiles.d/tmp.conf": "# comment\nq /tmp 1777 root root 10d\nq /var/tmp 1777 root root 30d\nD /run/jobs - - - -\nx /tmp/keep\n",
  "/usr/lib/tmpfiles.d/zz.conf": "q /tmp - - - 1h\n",
  "/etc/tmpfiles.d/app.conf": "d \"/srv/jobs\" 0700 app app m:1w2d\nd /tmp/mine - - - -\ne /home/*/.ansible_async - - - 5d\nR! /scratch\n",
  "/usr/lib/tmpfiles.d/app.conf": "d /srv/jobs 0700 app app 1h\n",
  "/etc/tmpfiles.d/zz.conf": "",
};

test("rules of systemd-tmpfiles count by name, place and the nearest path", async () => {
  const root = rootWith("tmpfiles", TMPFILES);
  const dirs = ["/tmp/async", "/tmp/keep/x", "/tmp/mine", "/var/tmp", "/srv/jobs", "/home/bob/.ansible_async", "/scratch/a", "/run/jobs", "/root/.ansible_async"];
  const { cleaners } = await onAll("cleaners", cleanersFacts, { root, dirs });
  assert.deepEqual(cleaners.map(({ dir, tool, file, line, age, at_boot: atBoot }) => [dir, tool, file, line, age, atBoot]), [
    ["/tmp/async", "systemd-tmpfiles", "/usr/lib/tmpfiles.d/tmp.conf", 2, 864_000, false],
    ["/var/tmp", "systemd-tmpfiles", "/usr/lib/tmpfiles.d/tmp.conf", 3, 2_592_000, false],
    ["/srv/jobs", "systemd-tmpfiles", "/etc/tmpfiles.d/app.conf", 1, 777_600, false],
    ["/home/bob/.ansible_async", "systemd-tmpfiles", "/etc/tmpfiles.d/app.conf", 3, 432_000, false],
    ["/scratch/a", "systemd-tmpfiles", "/etc/tmpfiles.d/app.conf", 4, null, true],
    ["/run/jobs", "systemd-tmpfiles", "/usr/lib/tmpfiles.d/tmp.conf", 4, null, true],
  ]);
});

const CRON = {
  "/etc/crontab": "17 * * * * root find /home/bob/.ansible_async -type f -mtime +3 -delete\n5 4 * * * root mysql -psecret; find /var/tmp -name '*.log' -delete\n",
  "/etc/cron.d/jobs": "0 3 * * * root find /srv -name .ansible_async -prune -exec rm -rf {} +\n0 4 * * * app rm -f /srv/app/.ansible_async/j*\n",
  "/etc/cron.daily/tmpwatch": '#! /bin/sh\nflags=-umc\n/usr/sbin/tmpwatch "$flags" -x /tmp/.X11-unix -x /tmp/kept \\\n  10d /tmp\nfor d in a; do /usr/sbin/tmpwatch "$flags" 720 /var/tmp; done\n',
  "/etc/cron.daily/tmpreaper": "#!/bin/sh\n",
  "/etc/tmpreaper.conf": "SHOWWARNING=false\nTMPREAPER_TIME=7d\nTMPREAPER_PROTECT_EXTRA=''\nTMPREAPER_DIRS='/tmp/. /data/tmp/.'\n",
  "/etc/systemd/system/tidy.service": "[Service]\nExecStart=/usr/bin/find /opt/jobs -mmin +60 -user app -delete\n",
};

test("cleaners in cron, tmpwatch, tmpreaper and units are found with their age, and nothing else of their lines is told", async () => {
  const root = rootWith("cron", CRON);
  const dirs = ["/home/bob/.ansible_async", "/tmp/a", "/tmp/kept", "/var/tmp/a", "/data/tmp/a", "/srv/app/.ansible_async", "/opt/jobs", "/root/.ansible_async"];
  const facts = await onAll("cleaners", cleanersFacts, { root, dirs });
  const told = facts.cleaners.map(({ dir, tool, file, line, age, sure }) => [dir, tool, file, line, age, sure]);
  const sorted = (rows: readonly unknown[][]): readonly string[] => rows.map((row) => JSON.stringify(row)).toSorted();
  assert.deepEqual(sorted(told), sorted([
    ["/home/bob/.ansible_async", "find", "/etc/crontab", 1, 4 * 86_400, true],
    ["/srv/app/.ansible_async", "find", "/etc/cron.d/jobs", 1, 0, false],
    ["/srv/app/.ansible_async", "rm", "/etc/cron.d/jobs", 2, 0, true],
    ["/tmp/a", "tmpwatch", "/etc/cron.daily/tmpwatch", 3, 864_000, true],
    ["/var/tmp/a", "tmpwatch", "/etc/cron.daily/tmpwatch", 5, 720 * 3600, true],
    ["/tmp/a", "tmpreaper", "/etc/tmpreaper.conf", null, 7 * 86_400, true],
    ["/tmp/kept", "tmpreaper", "/etc/tmpreaper.conf", null, 7 * 86_400, true],
    ["/data/tmp/a", "tmpreaper", "/etc/tmpreaper.conf", null, 7 * 86_400, true],
    ["/opt/jobs", "find", "/etc/systemd/system/tidy.service", 2, 61 * 60, false],
  ]));
  assert.doesNotMatch(JSON.stringify(facts), /secret|umc/);
  assert.equal(facts.tmpfiles_cron, false);
  const byCron = rootWith("by-cron", { "/etc/cron.daily/tidy": "#!/bin/sh\n# systemd-tmpfiles --create\n[ -d /run/systemd/system ] || /usr/bin/systemd-tmpfiles --clean\n" });
  assert.equal(await onAll("cleaners", (each) => cleanersFacts(each).tmpfiles_cron, { root: byCron, dirs: ["/tmp/a"] }), true);
  const quiet = rootWith("quiet", { ...CRON, "/etc/tmpreaper.conf": "SHOWWARNING=true\nTMPREAPER_DIRS='/tmp/.'\n", "/etc/cron.daily/tmpwatch": "" });
  assert.deepEqual(cleanersFacts(await probe("cleaners", { root: quiet, dirs: ["/tmp/a"] })).cleaners, []);
});

test("logind's drop-ins win over its file, and its default stands in a comment", async () => {
  const first = rootWith("logind", { "/etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=no\n" });
  assert.deepEqual((await onAll("sessions", sessionsFacts, { root: first })).kill_user_processes, false);
  const second = rootWith("logind", { "/run/systemd/logind.conf.d/50.conf": "[Login]\nKillUserProcesses=yes\nKillExcludeUsers=root deploy\n", "/usr/lib/systemd/logind.conf.d/10.conf": "[Login]\nKillUserProcesses=no\n" });
  const facts = await onAll("sessions", sessionsFacts, { root: second });
  assert.deepEqual([facts.kill_user_processes, facts.kill_file, facts.kill_line, facts.exclude_users, facts.linger], [true, "/run/systemd/logind.conf.d/50.conf", 2, ["root", "deploy"], false]);
  const none = sessionsFacts(await probe("sessions", { root: join(ROOT, "nothing") }));
  assert.deepEqual([none.kill_user_processes, none.unknown["kill_user_processes"]], [null, "no logind.conf names it"]);
});

test("sudo's rules on terminals are read with their scope, included files too", async () => {
  const root = rootWith("sudo", {
    "/etc/sudoers": "Defaults env_reset\nDefaults    requiretty\n# Defaults use_pty\n@includedir /etc/sudoers.d\n",
    "/etc/sudoers.d/deploy": "Defaults:deploy !requiretty, use_pty\n",
    "/etc/sudoers.d/old.bak": "Defaults requiretty\n",
  });
  const facts = await onAll("sudo", sudoFacts, { root });
  assert.deepEqual(facts.flags, [
    { flag: "requiretty", on: true, scope: null, file: "/etc/sudoers", line: 2 },
    { flag: "requiretty", on: false, scope: ":deploy", file: "/etc/sudoers.d/deploy", line: 1 },
    { flag: "use_pty", on: true, scope: ":deploy", file: "/etc/sudoers.d/deploy", line: 1 },
  ]);
  assert.equal(facts.complete, true);
  assert.equal(sudoFacts(await probe("sudo", { root: join(ROOT, "nothing") })).complete, false);
});

test("hostile files harm nothing: binary, endless lines, pipes, loops of includes", async () => {
  const junk = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7919 + (n >> 3)) & 255));
  const long = `d ${"/a".repeat(40_000)} - - - ${"9".repeat(50_000)}d\nfind ${"*[".repeat(20_000)} -delete\n`;
  const root = rootWith("hostile", {
    "/etc/tmpfiles.d/a.conf": junk,
    "/etc/tmpfiles.d/b.conf": long,
    "/etc/tmpfiles.d/c.conf": 'd "unclosed /tmp [ - - 10d\n/ / / / /\nd /tmp/[!a - - - 10d10x\n',
    "/etc/crontab": Buffer.concat([junk, Buffer.from(long)]),
    "/etc/cron.d/y": `find /${"*?".repeat(30)} /${"*?".repeat(6)}/x -delete\nrm /${"*1".repeat(5)}\n`,
    "/etc/cron.d/x": "find / -mtime\nfind -delete\nrm\ntmpwatch\nrm -rf /\n",
    "/etc/tmpreaper.conf": junk,
    "/etc/cron.daily/tmpreaper": junk,
    "/etc/systemd/logind.conf": junk,
    "/etc/sudoers": "@include /etc/sudoers\n@includedir /etc\nDefaults\nDefaults:\n",
  });
  execFileSync("mkfifo", [join(root, "etc/tmpfiles.d/pipe.conf"), join(root, "etc/cron.d/pipe")]);
  for (const [what, read] of [["cleaners", cleanersFacts], ["sessions", sessionsFacts], ["sudo", sudoFacts]] as const) {
    await onAll<unknown>(what, read, { root, dirs: ["/tmp/a", "~/.ansible_async"], needs: ["\0", "../x", 3] });
  }
});

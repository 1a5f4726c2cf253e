import assert from "node:assert/strict";
import { test } from "node:test";
import type { AsyncDirFacts, CleanerFacts, CleanersFacts, EnvironmentFacts, RemoteTmpFacts, SessionsFacts, SudoFacts } from "../../model/host-facts.ts";
import type { AgentReady } from "../../model/host.ts";
import { timeText } from "../../model/time-text.ts";
import { bytesText, modeText } from "./amounts.ts";
import type { HostFacts, HostFinding, HostLook } from "./host-look.ts";
import { judgeHost } from "./judge.ts";

const ready: AgentReady = { python: "3.11.2", user: "deploy", uid: 1000, home: "/home/deploy", home_env: "/home/deploy", cwd: "/home/deploy", boot_id: "b", now: 100, uptime: 50, pid: 7, host: "node" };
const unknown = {};
const directory = { owner: "deploy", mode: 0o700, kind: "directory", refused: null, filesystem: { type: "ext4", point: "/", options: ["rw"] }, free: 5e9, size: 2e10, inodes_free: 1e6, inodes: 2e6, unknown } as const;
const asyncDir: AsyncDirFacts = { ...directory, path: "/home/deploy/.ansible_async", asked: "~/.ansible_async", exists: true, nearest: "/home/deploy/.ansible_async", by_wrapper: "/home/deploy/.ansible_async", by_status: "/home/deploy/.ansible_async", jobs: 3 };
const remoteTmp: RemoteTmpFacts = { ...directory, path: "/home/deploy/.ansible/tmp", asked: "~/.ansible/tmp", exists: true, nearest: "/home/deploy/.ansible/tmp", noexec: false, acl: { program: "/usr/bin/setfacl", works: true, why: null } };
/** As Debian 12 has it: /tmp is emptied when the host starts, use_pty is on, a login has LANG and games. */
const environment: EnvironmentFacts = { interpreter: "/usr/bin/python3", version: "3.11.2", user: "deploy", home: "/home/deploy", home_env: "/home/deploy", path: "/usr/local/bin:/usr/bin:/bin", shell: "/bin/bash", umask: 0o22, login: { path: "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games:/home/deploy/.local/bin", added: ["LANG", "LS_COLORS", "XDG_SESSION_ID"], changed: ["PATH"], values: {} }, needs: [], unknown };
const cleaners: CleanersFacts = { dirs: [asyncDir.path], cleaners: [], systemd: true, tmpfiles_timer: true, tmpfiles_cron: false, cron: true, unknown };
const sessions: SessionsFacts = { logind: true, kill_user_processes: false, kill_file: null, kill_line: null, only_users: [], exclude_users: ["root"], user: "deploy", login_user: "deploy", linger: false, in_session: true, unknown };
const sudo: SudoFacts = { program: "/usr/bin/sudo", flags: [{ flag: "use_pty", on: true, scope: null, file: "/etc/sudoers", line: 15 }], complete: true, unknown };
const facts: HostFacts = { environment, asyncDir, remoteTmp, cleaners, sessions, sudo };
const look: HostLook = { host: "web1", ready, becomeUser: undefined, clockAheadSeconds: 0.3, keepAliveSeconds: 30, facts, proof: { kind: "well", seconds: 2 } };

/** What is found when some facts differ; without a job, unless one is given. */
function found(differing: HostFacts, rest: Partial<HostLook> = {}): readonly HostFinding[] {
  return judgeHost({ ...look, proof: undefined, ...rest, facts: { ...facts, ...differing } });
}

const ids = (findings: readonly HostFinding[]): readonly string[] => findings.map(({ id, severity }) => `${severity} ${id}`);

test("an ordinary Debian host has nothing wrong, with a job and without one", () => {
  assert.deepEqual(judgeHost(look), []);
  assert.deepEqual(judgeHost({ ...look, proof: undefined }), []);
  assert.deepEqual(judgeHost({ ...look, facts: {}, proof: undefined }), []);
});

test("an async dir that may not be written is an error with its owner, unless the job went well", () => {
  const refused = { asyncDir: { ...asyncDir, path: "/srv/jobs", refused: "Permission denied", owner: "root", mode: 0o755 } };
  const [finding] = found(refused);
  assert.deepEqual(finding, {
    id: "async-dir-unwritable",
    severity: "error",
    what: "deploy may not write in /srv/jobs: Permission denied.",
    seen: ["/srv/jobs belongs to root, mode 0755"],
    do: "Make it beforehand, owned by the user that the task runs as, or set ansible_async_dir to a directory that this user may write.",
  });
  assert.match(found({ asyncDir: { ...refused.asyncDir, exists: false, owner: null, mode: null, nearest: "/srv" } })[0]?.what ?? "", /^deploy may not make \/srv\/jobs/);
  assert.deepEqual(found({ asyncDir: { ...asyncDir, kind: "other", refused: "Not a directory" } }).map(({ what }) => what), ["/home/deploy/.ansible_async is no directory."]);
  assert.deepEqual(found(refused, { proof: { kind: "well", seconds: 2 } }), []);
});

test("a full disk is an error, little room a warning, and one file system is named once", () => {
  const full = { refused: "No space left on device", free: 0 };
  assert.deepEqual(ids(found({ asyncDir: { ...asyncDir, ...full }, remoteTmp: { ...remoteTmp, ...full } })), ["error disk-full"]);
  assert.deepEqual(ids(found({ asyncDir: { ...asyncDir, free: 1e6 } })), ["warning disk-full"]);
  assert.deepEqual(ids(found({ asyncDir: { ...asyncDir, inodes_free: 3 } })), ["warning disk-full"]);
  assert.deepEqual(ids(found({ asyncDir: { ...asyncDir, refused: "Disk quota exceeded" } })), ["error disk-full"]);
});

test("a wrapper and a status task that look in different directories are told, and an error where it was seen", () => {
  const apart = { asyncDir: { ...asyncDir, by_wrapper: "/data/.ansible_async" } };
  assert.deepEqual(ids(found(apart)), ["warning status-in-another-dir"]);
  const [finding] = found(apart, { proof: { kind: "failed", step: "status", says: "could not find job" } });
  assert.equal(finding?.severity, "error");
  assert.equal(finding.seen.at(-1), "async_status about a small job: could not find job");
  assert.deepEqual(found(apart, { proof: { kind: "well", seconds: 2 } }), []);
});

const rule: CleanerFacts = { dir: "/tmp/jobs", tool: "systemd-tmpfiles", file: "/etc/tmpfiles.d/a.conf", line: 3, path: "/tmp", age: 3600, at_boot: false, sure: true, text: "d" };

test("cleaners count when something starts them; long ages and what is not sure are only told", () => {
  const cleaned = (differing: Partial<CleanerFacts>, around: Partial<CleanersFacts> = {}): readonly HostFinding[] => found({ cleaners: { ...cleaners, cleaners: [{ ...rule, ...differing }], ...around } });
  const [soon] = cleaned({});
  assert.equal(soon?.severity, "warning");
  assert.match(soon.what, /^systemd-tmpfiles removes files in \/tmp\/jobs after 1 hour;/);
  assert.deepEqual(soon.seen, ["/etc/tmpfiles.d/a.conf:3: d /tmp"]);
  assert.deepEqual(ids(cleaned({ age: 864_000 })), ["info job-file-removed"]);
  assert.deepEqual(ids(cleaned({ sure: false })), ["info job-file-removed"]);
  assert.deepEqual(cleaned({}, { tmpfiles_timer: false }), []);
  assert.equal(cleaned({}, { tmpfiles_timer: false, tmpfiles_cron: true }).length, 1, "cron starts it in the place of the timer");
  assert.deepEqual(cleaned({}, { tmpfiles_timer: false, tmpfiles_cron: true, cron: false }), []);
  assert.deepEqual(cleaned({ tool: "find" }, { cron: false }), []);
  assert.match(cleaned({ tool: "find", age: 0 }, { cron: null })[0]?.seen.join() ?? "", /is not known/);
  assert.deepEqual(ids(cleaned({ at_boot: true, age: null })), ["info gone-after-reboot"]);
  assert.deepEqual(ids(found({ asyncDir: { ...asyncDir, filesystem: { type: "tmpfs", point: "/tmp", options: [] } } })), ["info gone-after-reboot"]);
});

test("a blank in remote_tmp, and one that may not be written, count unless the job went well", () => {
  const blank = { remoteTmp: { ...remoteTmp, path: "/home/deploy/my tmp", asked: "~/my tmp" } };
  assert.deepEqual(ids(found(blank)), ["error remote-tmp-with-space"]);
  assert.deepEqual(found(blank, { proof: { kind: "well", seconds: 2 } }), []);
  const closed = { remoteTmp: { ...remoteTmp, refused: "Permission denied" } };
  assert.deepEqual(ids(found(closed)), ["warning remote-tmp-unwritable"]);
  assert.deepEqual(ids(found(closed, { proof: { kind: "failed", step: "launch", says: "no" } })), ["error remote-tmp-unwritable"]);
  // The login user makes it, somebody else has looked.
  assert.deepEqual(found(closed, { becomeUser: "root" }), []);
});

test("without setfacl an unprivileged become may fail", () => {
  const bare = { remoteTmp: { ...remoteTmp, acl: { program: null, works: false, why: "setfacl is not installed" } } };
  assert.deepEqual(ids(found(bare, { becomeUser: "app" })), ["warning become-unprivileged-tmp"]);
  assert.deepEqual(ids(found(bare, { becomeUser: "app", proof: { kind: "failed", step: "launch", says: "x" } })), ["error become-unprivileged-tmp"]);
  assert.deepEqual([...found(bare), ...found(bare, { becomeUser: "root" })], []);
});

test("what a job needs and only a login has is an error; what is nowhere too", () => {
  const nothing = { variable: false, program: null };
  const needs = (name: string, job: typeof nothing, login: EnvironmentFacts["needs"][number]["login"]): HostFacts => ({ environment: { ...environment, needs: [{ name, job, login }] } });
  const [program] = found(needs("psql", nothing, { variable: false, program: "/opt/pg/bin/psql" }));
  assert.deepEqual([program?.id, program?.severity, program?.what], ["not-a-login-shell", "error", "psql is there for a login only: a job does not find /opt/pg/bin/psql."]);
  assert.match(found(needs("PGHOST", nothing, { variable: true, program: null }))[0]?.do ?? "", /^Set it under environment/);
  assert.deepEqual(ids(found(needs("psql", nothing, nothing))), ["error needed-and-missing"]);
  assert.match(found(needs("psql", nothing, null))[0]?.seen.at(-1) ?? "", /what a login has is not known/);
  assert.deepEqual(found(needs("PGHOST", { ...nothing, variable: true }, nothing)), []);
  // They explain nothing about a job that failed.
  const both = found(needs("psql", nothing, nothing), { proof: { kind: "failed", step: "job", says: "killed" } });
  assert.deepEqual(ids(both), ["error job-failed", "error needed-and-missing"]);
});

test("what somebody has put into start-up files is told", () => {
  const login = { path: `${environment.path ?? ""}:/opt/oracle/bin`, added: ["LANG", "ORACLE_HOME"], changed: ["PATH"], values: {} };
  const [finding] = found({ environment: { ...environment, login } });
  assert.deepEqual([finding?.severity, finding?.seen], ["info", ["in PATH: /opt/oracle/bin", "variables: ORACLE_HOME"]]);
});

test("sessions that take their processes with them are an error where a job belongs to one", () => {
  const killing = { ...sessions, kill_user_processes: true, kill_file: "/etc/systemd/logind.conf", kill_line: 4 };
  const [finding] = found({ sessions: killing });
  assert.deepEqual([finding?.severity, finding?.seen[0]], ["error", "KillUserProcesses=yes in /etc/systemd/logind.conf:4"]);
  assert.deepEqual(ids(found({ sessions: { ...killing, in_session: null } })), ["warning killed-at-logout"]);
  for (const spared of [{ in_session: false }, { logind: false }, { exclude_users: ["deploy"] }, { only_users: ["bob"] }]) assert.deepEqual(found({ sessions: { ...killing, ...spared } }), []);
});

test("requiretty is told unless a later line takes it back", () => {
  const flag = { flag: "requiretty", on: true, scope: null, file: "/etc/sudoers", line: 2 };
  assert.deepEqual(ids(found({ sudo: { ...sudo, flags: [flag] } })), ["warning sudo-requires-tty"]);
  assert.deepEqual(found({ sudo: { ...sudo, flags: [flag, { ...flag, on: false, scope: ":deploy" }] } }), []);
  assert.deepEqual(ids(found({ sudo: { ...sudo, flags: [flag, { ...flag, on: false, scope: ":bob" }] } })), ["warning sudo-requires-tty"]);
});

test("clocks that differ, missing keep-alives and heaps of job files are only told", () => {
  assert.match(found({}, { clockAheadSeconds: -300 })[0]?.what ?? "", /5 minutes behind/);
  assert.deepEqual(ids(found({ asyncDir: { ...asyncDir, jobs: 20_000 } }, { clockAheadSeconds: 300, keepAliveSeconds: 0 })), ["info many-job-files", "info clock-off", "info no-keep-alive"]);
  assert.deepEqual(found({}, { keepAliveSeconds: undefined }), []);
});

test("a job that failed is always said: with what explains it, else by itself", () => {
  const alone = found({}, { proof: { kind: "failed", step: "job", says: "it left no file" } });
  assert.deepEqual(alone.map(({ id, seen }) => [id, seen]), [["job-failed", ["a small job did not end well: it left no file"]]]);
  const python = found({}, { proof: { kind: "failed", step: "launch", says: "ansible-core requires a minimum of Python version 3.9. Current version: 2.7.18" } });
  assert.deepEqual(python.map(({ id }) => id), ["interpreter-missing"]);
});

test("amounts are in words", () => {
  assert.deepEqual([0, 999, 1500, 12_884_901_888, 2e18].map(bytesText), ["0 bytes", "999 bytes", "1.5 kB", "13 GB", "2000 PB"]);
  assert.deepEqual([0, 1, 90, 3600, 864_000].map(timeText), ["0 seconds", "1 second", "1.5 minutes", "1 hour", "10 days"]);
  assert.equal(modeText(0o55), "0055");
});

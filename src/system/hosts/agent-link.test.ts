import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ansibleBin } from "../../../tools/ansible.ts";
import type { AgentEvent, AgentRequest } from "../../model/host.ts";
import { stateOf } from "../../model/job-state.ts";
import { Problem } from "../../model/problem.ts";
import type { AgentLink } from "./agent-link.ts";
import { agentProgram, openLink, openLinks } from "./agent-link.ts";
import type { ConnectionOptions, HostConnection } from "./connection.ts";
import { connectionOf } from "./connection.ts";
import { loadInventory } from "./inventory.ts";
import type { Sshd } from "./sshd.fixture.ts";
import { sshdMissing, startSshd } from "./sshd.fixture.ts";

const HOSTS = 50;
const NO_SSHD = sshdMissing();
const NO_SUDO = process.getuid?.() === 0 && spawnSync("sudo", ["-n", "-u", "nobody", "true"]).status === 0 ? false : "sudo to another user asks for a password here, or is missing";

let directory = "";
let sshd: Sshd;
before(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-link-")));
  if (NO_SSHD === false) sshd = await startSshd(HOSTS);
});
after(async () => {
  if (NO_SSHD === false) await sshd.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** An agent that does what the lines say, after it has said that it is ready. */
function standIn(...lines: readonly string[]): Uint8Array {
  const ready = { event: "ready", protocol: 1, python: "3.0.0", uid: 1, now: 100, pid: 7 };
  return Buffer.from(["import sys, json, os, time", "def say(**answer):", "    print(json.dumps(answer)); sys.stdout.flush()", `print('${JSON.stringify(ready)}'); sys.stdout.flush()`, ...lines].join("\n"));
}

/** Answers every request with its own words after a "note". */
const ECHO = standIn("for line in iter(sys.stdin.readline, ''):", "    q = json.loads(line)", "    say(id=q['id'], event='note', text=q['do'])", "    if q['do'] != 'wait': say(id=q['id'], event='done', asked=q)");

function connection(variables: Readonly<Record<string, unknown>>, options: ConnectionOptions = {}): HostConnection {
  return connectionOf({ name: "web1", variables: { ansible_python_interpreter: "/usr/bin/env python3", ...variables } }, { settings: new Map(), options, home: homedir() });
}
const LOCAL = connection({ ansible_connection: "local" });
const LIST: AgentRequest = { do: "list", dirs: [], all_users: false };

function overSsh(n: number, variables: Readonly<Record<string, unknown>> = {}, options?: ConnectionOptions): HostConnection {
  const own = { ansible_host: `127.0.1.${n}`, ansible_port: sshd.port, ansible_ssh_private_key_file: join(sshd.directory, "key"), ansible_ssh_common_args: sshd.sshArgs, ansible_python_interpreter: "/usr/bin/python3" };
  return connection({ ...own, ...variables }, options);
}

async function all(events: AsyncIterable<AgentEvent>): Promise<readonly AgentEvent[]> {
  const taken: AgentEvent[] = [];
  for await (const event of events) taken.push(event);
  return taken;
}

/** Waits until a process is gone; a child of nobody takes a moment to be buried. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && existsSync(`/proc/${pid}`); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return !existsSync(`/proc/${pid}`);
}

const problem = (words: RegExp) => (error: unknown): boolean => {
  assert(error instanceof Problem, String(error));
  assert.equal(error.code, "unreachable");
  assert.match(error.message, words);
  return true;
};

/** Processes here whose command line names the directory of the test's sshd: ssh clients, and the server. */
function clients(): number {
  const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const read = (name: string): string => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, "latin1");
    } catch {
      return "";
    }
  };
  return names.filter((name) => /^\S*ssh\0/.test(read(name)) && read(name).includes(sshd.directory)).length;
}

test("requests run side by side, each with its own answers", async () => {
  const link = await openLink(LOCAL, { program: ECHO });
  assert.deepEqual([link.host, link.ready.python, link.ready.home], ["web1", "3.0.0", null]);
  const [list, tail] = await Promise.all([all(link.request(LIST)), all(link.request({ do: "tail", dir: "d", jid: "j", from: 3 }))]);
  assert.deepEqual(list.map(({ event }) => event), ["note", "done"]);
  assert.deepEqual(tail[1], { event: "done", answer: { id: 2, event: "done", asked: { do: "tail", dir: "d", jid: "j", from: 3, id: 2 } } });
  assert.ok(link.now() >= 100 && link.now() < 160);
  await link.close();
  assert.equal(await link.ended, undefined);
  await assert.rejects(all(link.request(LIST)), problem(/link was closed/));
});

test("who stops reading early hinders nobody, and the agent is told", async () => {
  const link = await openLink(LOCAL, { program: ECHO });
  for await (const event of link.request({ do: "wait", jobs: [] })) {
    assert.equal(event.event, "note");
    break;
  }
  const answers = await all(link.request(LIST));
  assert.deepEqual(answers.map(({ event }) => event), ["note", "done"]);
  const last = answers.at(-1);
  assert(last?.event === "done");
  // The second id was that of the cancel.
  assert.equal(last.answer["id"], 3);
  await link.close();
});

test("an agent that dies, or talks nonsense, is a lost link for everyone who waits", async () => {
  const link = await openLink(LOCAL, { program: standIn("sys.stdin.readline()", "say(id=1, event='note', text='last')", "sys.stderr.write('boom\\n')", "os._exit(3)") });
  const events: AgentEvent[] = [];
  await assert.rejects(async () => {
    for await (const event of link.request(LIST)) events.push(event);
  }, problem(/web1: the connection was lost \(boom\)/));
  assert.deepEqual(events, [{ event: "note", text: "last" }]);
  assert.match((await link.ended)?.message ?? "", /connection was lost/);
  await link.close();

  const odd = await openLink(LOCAL, { program: standIn("sys.stdin.readline()", "print('noise'); print('[]'); print('{\"id\":99,\"event\":\"done\"}'); print('{\"id\":1}'); print('\\x00')", "say(id=1, event='error', code='x', message='y')", "sys.stdin.readline()") });
  assert.deepEqual(await all(odd.request(LIST)), [{ event: "error", code: "x", message: "y" }]);
  await odd.close();

  const endless = await openLink(LOCAL, { program: standIn("sys.stdin.readline()", "while True: sys.stdout.write('x' * 65536)") });
  await assert.rejects(all(endless.request(LIST)), problem(/has no end/));
  await endless.close();
});

test("an agent that does not end when it should is made to", async () => {
  const stubborn = standIn("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", "sys.stdin.readline(); say(id=1, event='done', pid=os.getpid())", "while True: time.sleep(1)");
  const link = await openLink(LOCAL, { program: stubborn });
  const [done] = await all(link.request(LIST));
  assert(done?.event === "done");
  await link.close();
  assert.equal(await link.ended, undefined);
  assert.ok(await gone(Number(done.answer["pid"])));
});

test("what a login shell prints first is passed over, but not for ever", async () => {
  const wordy = join(directory, "wordy");
  writeFileSync(wordy, "#!/bin/sh\necho Welcome; echo '{\"event\": 1}'\nexec python3 \"$@\"\n", { mode: 0o755 });
  const link = await openLink(connection({ ansible_connection: "local", ansible_python_interpreter: wordy }), { program: ECHO });
  assert.equal((await all(link.request(LIST))).length, 2);
  await link.close();
  writeFileSync(wordy, "#!/bin/sh\nwhile :; do echo Welcome to this host; done\n");
  await assert.rejects(openLink(connection({ ansible_connection: "local", ansible_python_interpreter: wordy }), { program: ECHO }), problem(/prints without end/));
});

test("why there is no link is said: no Python, no program, a program that fails", async () => {
  await assert.rejects(openLink(connection({ ansible_connection: "local", ansible_python_interpreter: "/no/python" }), { program: ECHO }), problem(/no Python to run there \(.*\/no\/python.*not found\); install python3/));
  await assert.rejects(openLink(connection({ ansible_connection: "podman", ansible_podman_executable: "no-such-podman" }), { program: ECHO }), problem(/no-such-podman cannot be run \(not found\); install it/));
  await assert.rejects(openLink(LOCAL, { program: Buffer.from("raise SystemExit('\\033[31mno\\007')") }), problem(/web1: no\\x07; try it by hand/));
  const nowhere = { ...LOCAL, command: ["/bin/sh", "-c", "echo '{\"event\":\"no-python\"}'; exit 127"] } as const;
  await assert.rejects(openLink(nowhere, { program: ECHO }), problem(/no Python to run there; install/));
  await assert.rejects(openLink({ ...LOCAL, command: ["sleep", "60"], timeoutSeconds: -29.5 }, { program: ECHO }), problem(/no answer within 0.5 s/));
});

test("a set-up that is stopped leaves no process", async () => {
  const mark = join(directory, "pid");
  const slow = { ...LOCAL, command: ["/bin/sh", "-c", `echo $$ > ${mark}.new; mv ${mark}.new ${mark}; exec sleep 60`] } as const;
  const stop = new AbortController();
  const opening = assert.rejects(openLink(slow, { program: ECHO, signal: stop.signal }), problem(/stopped/));
  while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await opening;
  assert.ok(await gone(Number(readFileSync(mark, "utf8"))));

  const both: AgentLink[] = [];
  for await (const opened of openLinks([LOCAL, slow, slow], { program: ECHO })) {
    assert("link" in opened);
    both.push(opened.link);
    break;
  }
  assert.equal(both.length, 1);
  await both[0]?.close();
});

/** Behaves as `sudo -S`: asks on standard error, reads one line, runs the rest. */
const SUDO = `#!/bin/sh
while [ "$1" != /bin/sh ]; do [ "$1" = -p ] && prompt=$2; shift; done
for try in 1 2 3; do
  printf %s "$prompt" >&2
  IFS= read -r line || exit 1
  [ "$line" = "it's \\"s3cret" ] && exec "$@"
  echo 'Sorry, try again.' >&2
done
exit 1
`;

test("the become password goes to sudo's prompt and nowhere else", async () => {
  const exe = join(directory, "sudo");
  writeFileSync(exe, SUDO, { mode: 0o755 });
  const asking = (becomePassword: string): HostConnection => connection({ ansible_connection: "local", ansible_become_exe: exe }, { become: true, becomePassword });
  const link = await openLink(asking(`it's "s3cret`), { program: ECHO });
  assert.equal((await all(link.request(LIST))).length, 2);
  await link.close();
  await assert.rejects(openLink(asking("wrong-one"), { program: ECHO }), (error) => problem(/password to become root was refused/)(error) && !String(error).includes("wrong-one"));
});

/** Behaves as su does where its input is no terminal, in German. */
const SU = `#!/bin/sh
printf "Passwort: " >&2
IFS= read -r line
[ "$line" = "it's \\"s3cret" ] || { echo >&2; echo "su: Authentication failure" >&2; exit 1; }
exec /bin/sh -c "$3"
`;

test("su is told the password when it asks, in whatever language", async () => {
  const exe = join(directory, "su");
  writeFileSync(exe, SU, { mode: 0o755 });
  const asking = (becomePassword: string): HostConnection => connection({ ansible_connection: "local", ansible_become_method: "su", ansible_become_exe: exe }, { become: true, becomePassword });
  const link = await openLink(asking(`it's "s3cret`), { program: ECHO });
  assert.equal((await all(link.request(LIST))).length, 2);
  await link.close();
  await assert.rejects(openLink(asking("wrong-one"), { program: ECHO }), (error) => problem(/password to become root was refused/)(error) && !String(error).includes("wrong-one"));
});

/** Asks as ssh does: by the program in SSH_ASKPASS, also what no password may answer. */
const SSH = `#!/bin/sh
for last; do :; done
"$SSH_ASKPASS" "Are you sure you want to continue connecting (yes/no)? " && exit 9
[ "$("$SSH_ASKPASS" "bob@h's password: ")" = "it's \\"s3cret" ] || { echo "bob@h: Permission denied (publickey,password)." >&2; exit 255; }
exec /bin/sh -c "$last"
`;

test("the login password reaches ssh through its askpass program, which is removed", async () => {
  const exe = join(directory, "ssh");
  writeFileSync(exe, SSH, { mode: 0o755 });
  const temporary = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("longhaul-askpass-"));
  const before = temporary().length;
  const link = await openLink(connection({ ansible_ssh_executable: exe }, { password: `it's "s3cret` }), { program: ECHO });
  assert.equal((await all(link.request(LIST))).length, 2);
  await link.close();
  await assert.rejects(openLink(connection({ ansible_ssh_executable: exe, ansible_password: "wrong-one" }), { program: ECHO }), (error) => problem(/login was refused/)(error) && !String(error).includes("wrong-one"));
  assert.equal(temporary().length, before);
});

test("sudo to another user runs the agent as that user", { skip: NO_SUDO }, async () => {
  const link = await openLink(connection({ ansible_connection: "local", ansible_python_interpreter: "/usr/bin/python3" }, { become: true, becomeUser: "nobody" }), { program: agentProgram() });
  assert.equal(link.ready.user, "nobody");
  await link.close();
  const denied = connection({ ansible_connection: "local" }, { become: true, becomeUser: "no-such-user" });
  await assert.rejects(openLink(denied, { program: ECHO }), problem(/may not become no-such-user/));
});

test(`${HOSTS} hosts over ssh: one ready each, a request each, and nothing left after`, { skip: NO_SSHD }, async () => {
  const links: AgentLink[] = [];
  const connections = sshd.hosts.map((host, n) => ({ ...overSsh(n + 1), host }));
  for await (const opened of openLinks(connections, { program: agentProgram() })) {
    assert("link" in opened, "problem" in opened ? opened.problem.message : "");
    links.push(opened.link);
  }
  assert.deepEqual(links.map(({ host }) => host).toSorted(), sshd.hosts.toSorted());
  assert.equal(new Set(links.map(({ ready }) => ready.pid)).size, HOSTS);
  assert.equal(clients(), HOSTS);
  const answers = await Promise.all(links.map(async (link) => (await all(link.request({ do: "list", dirs: [directory], all_users: false }))).at(-1)?.event));
  assert.deepEqual(new Set(answers), new Set(["done"]));
  await Promise.all(links.map(async (link) => link.close()));
  assert.equal(clients(), 0);
  for (const { ready } of links) assert.ok(await gone(ready.pid));
});

test("jobs of a host come with their state", { skip: NO_SSHD }, async () => {
  const dir = join(directory, "jobs");
  execFileSync("mkdir", [dir]);
  writeFileSync(join(dir, "j1.1"), JSON.stringify({ changed: true, rc: 0, stdout: "a\nlast \u001b[31mline\n", cmd: "true" }));
  writeFileSync(join(dir, "j2.2"), JSON.stringify({ msg: "Timeout exceeded", failed: true, child_pid: 5 }));
  writeFileSync(join(dir, "j3.3"), "");
  execFileSync("touch", ["-d", "1 hour ago", join(dir, "j3.3")]);
  const link = await openLink(overSsh(1), { program: agentProgram() });
  const events = await all(link.request({ do: "list", dirs: [dir], all_users: false }));
  const states = events.flatMap((event) => (event.event === "job" ? [[event.job.jid, stateOf(event.job, link.ready, link.now()).state]] : []));
  assert.deepEqual(new Map(states as [string, string][]), new Map([["j1.1", "finished"], ["j2.2", "timed-out"], ["j3.3", "unreadable"]]));
  await link.close();
});

test("a link that is cut is told to who waits", { skip: NO_SSHD }, async () => {
  const link = await openLink(overSsh(1), { program: agentProgram() });
  const waiting = assert.rejects(all(link.request({ do: "tail", dir: directory, jid: "j9.9", from: 0 })).then(async () => all(link.request({ do: "wait", jobs: [{ dir: directory, jid: "j9.9" }] })).then(() => Promise.reject(new Error("ended")))), () => true);
  process.kill(link.ready.pid, "SIGKILL");
  await waiting;
  assert.match((await link.ended)?.message ?? "", /connection was lost/);
  await link.close();
});

test("what ssh refuses is said with the next step", { skip: NO_SSHD }, async () => {
  const refused = async (words: RegExp, variables: Readonly<Record<string, unknown>>): Promise<void> => assert.rejects(openLink(overSsh(1, variables), { program: ECHO }), problem(words));
  const other = join(directory, "other");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other]);
  await refused(/login was refused .*Permission denied \(publickey\)/, { ansible_ssh_private_key_file: other });
  const known = join(directory, "known");
  const knowing = { ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${known} -o GlobalKnownHostsFile=none` };
  writeFileSync(known, "");
  await refused(/host key is not known here/, knowing);
  writeFileSync(known, `* ${readFileSync(`${other}.pub`, "utf8")}`);
  await refused(/host key has changed/, knowing);
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const address = closed.address();
  closed.close();
  await once(closed, "close");
  await refused(/ssh: connect to host 127\.0\.1\.1 port \d+: Connection refused/, { ansible_port: typeof address === "object" ? address?.port : 0 });
  assert.equal(clients(), 0);
});

test("the master connection that Ansible left is used", { skip: NO_SSHD }, async () => {
  const bin = ansibleBin();
  const variables = { PATH: `${bin}:${process.env["PATH"]}`, ANSIBLE_SSH_CONTROL_PATH_DIR: join(directory, "cp"), ANSIBLE_SSH_ARGS: "-C -o ControlMaster=auto -o ControlPersist=1h" };
  const kept = { ...process.env };
  Object.assign(process.env, variables);
  try {
    execFileSync("ansible", ["-i", sshd.inventory, "h1", "-m", "raw", "-a", "true"], { stdio: "pipe" });
    const sockets = readdirSync(join(directory, "cp"));
    assert.equal(sockets.length, 1);
    const logins = (): number => readFileSync(join(sshd.directory, "sshd.log"), "utf8").split("Accepted publickey").length;
    const before = logins();
    const { hosts, settings } = await loadInventory({ inventories: [sshd.inventory], pattern: "h1:h2" });
    const reached = hosts.map((host) => connectionOf(host, { settings, options: {}, home: homedir() }));
    for await (const opened of openLinks(reached, { program: agentProgram() })) {
      assert("link" in opened, "problem" in opened ? opened.problem.message : "");
      await opened.link.close();
    }
    // h2 had no master and logged in anew; its link left none behind.
    assert.equal(logins(), before + 1);
    assert.deepEqual(readdirSync(join(directory, "cp")), sockets);
    execFileSync("ssh", ["-o", `ControlPath=${join(directory, "cp", sockets[0] ?? "")}`, "-O", "exit", "h1"], { stdio: "pipe" });
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, kept);
  }
});

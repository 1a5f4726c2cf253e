import assert from "node:assert/strict";
import { test } from "node:test";
import type { AdHocRequest } from "../../../engine/ports.ts";
import type { AgentEvent } from "../../../model/host.ts";
import { Problem } from "../../../model/problem.ts";
import type { Answers, FakeHost } from "../jobs/jobs.fake.ts";
import { ended, fakeHost, over, worldOf } from "../jobs/jobs.fake.ts";
import { runCli } from "../program.ts";

const told = (probe: string, facts: Record<string, unknown>): AgentEvent => ({ event: "probe", probe, facts, why: null });
const DIRECTORY = { path: "/d", asked: "~/.ansible_async", exists: true, kind: "directory", nearest: "/d", free: 12e9, by_wrapper: "/d", by_status: "/d" };
const well: Answers = { probe: [told("async-dir", DIRECTORY)], wait: [over({ ...ended, delta: "0:00:02.004000" })] };

const LAUNCHED = (host: string): string => `${host} | CHANGED => {\n    "ansible_job_id": "j1.10",\n    "changed": true,\n    "finished": 0,\n    "results_file": "/d/j1.10",\n    "started": 1\n}\n`;
const FINISHED = (host: string): string => `${host} | CHANGED => {\n    "ansible_job_id": "j1.10",\n    "changed": true,\n    "cmd": ["sleep", "2"],\n    "finished": 1,\n    "rc": 0,\n    "results_file": "/d/j1.10",\n    "started": 1\n}\n`;

/** Ansible, which starts the job and knows of it on all hosts that it is asked for. */
function ansible(asked: AdHocRequest[], answer: (host: string, module: string) => string = (host, module) => (module.endsWith("command") ? LAUNCHED(host) : FINISHED(host))) {
  return async (request: AdHocRequest): Promise<string> => {
    asked.push(request);
    return Promise.resolve(request.names.map((host) => answer(host, request.module)).join(""));
  };
}

test("a host that is well takes one line; one call of Ansible starts all jobs, and nothing is left", async () => {
  const asked: AdHocRequest[] = [];
  const seen: FakeHost = { asked: [], closed: [] };
  const world = worldOf([fakeHost({ host: "web10", answers: [well] }, seen), fakeHost({ host: "web2", answers: [well] }, seen)], { adHoc: ansible(asked) });
  assert.equal(await runCli(world, ["verify", "-b", "--dir", "/d d", "--needs", "psql, PGHOST"]), 0);
  assert.equal(world.printed.out, "web10  ok  job 2.0 s, python 3.11.2, ~/.ansible_async 12 GB free\nweb2   ok  job 2.0 s, python 3.11.2, ~/.ansible_async 12 GB free\n\n2 hosts: 2 ok\n");
  assert.equal(world.printed.err, "");
  assert.deepEqual(asked.map(({ module, names, limitSeconds, hosts }) => [module, names, limitSeconds, hosts.become, hosts.extraVars]), [
    ["ansible.builtin.command", ["web10", "web2"], 30, true, ['{"ansible_async_dir":"/d d"}']],
    ["ansible.builtin.async_status", ["web10", "web2"], undefined, true, ['{"ansible_async_dir":"/d d"}']],
  ]);
  assert.deepEqual(asked[1]?.variables, { longhaul_verify_jids: { web10: "j1.10", web2: "j1.10" } });
  assert.deepEqual(seen.asked.filter((request) => request.do === "prune").length, 2);
  const [probe] = seen.asked;
  assert(probe?.do === "probe");
  assert.deepEqual(probe["needs"], ["psql", "PGHOST"]);
  assert.deepEqual(seen.closed.toSorted(), ["web10", "web2"]);
});

test("--no-job starts nothing", async () => {
  const asked: AdHocRequest[] = [];
  const world = worldOf([fakeHost({ host: "web1", answers: [well] })], { adHoc: ansible(asked) });
  assert.equal(await runCli(world, ["verify", "--no-job"]), 0);
  assert.equal(world.printed.out, "web1  ok  python 3.11.2, ~/.ansible_async 12 GB free\n");
  assert.deepEqual(asked, []);
});

test("what is wrong stands under its host, what hosts share is said once, and who cannot be reached is named", async () => {
  const tmpfs: Answers = { ...well, probe: [told("async-dir", { ...DIRECTORY, filesystem: { type: "tmpfs", point: "/d", options: [] } })] };
  const lost: Answers = { ...tmpfs, wait: [over({ ...ended, file: "absent", rc: null })] };
  const hosts = [fakeHost({ host: "a", answers: [tmpfs] }), fakeHost({ host: "b", answers: [lost] }), { host: "c", problem: new Problem("unreachable", "c: Connection refused\u001b[2J") }];
  const world = worldOf(hosts, { adHoc: ansible([]) });
  assert.equal(await runCli(world, ["verify"]), 1);
  assert.equal(world.printed.err, "longhaul: c: Connection refused\\x1b[2J\n");
  assert.equal(world.printed.out, `a  ok  job 2.0 s, python 3.11.2, ~/.ansible_async 12 GB free

b  not well  python 3.11.2, ~/.ansible_async 12 GB free
  error  job-failed
  A small job with async does not work here.
  seen a small job did not end well: it left no file: /d/j1.10 is not there
  do   Run it with -vvv: ansible b -m command -a 'sleep 2' -B 30 -P 1; \`longhaul
       diagnose\` reads what it prints.

all hosts
  info  gone-after-reboot
  Job files are gone after a reboot, and with them what a job returned.
  seen /d is on /d (tmpfs)
  do   Set ansible_async_dir to a directory that stays, when a job may outlive a
       reboot or be looked at after one.

3 hosts: 1 ok, 1 with problems, 1 not reachable
`);
});

test("a launch that fails, and a status that finds nothing, are told with Ansible's words", async () => {
  const refused = (host: string, module: string): string =>
    module.endsWith("command")
      ? host === "a" ? 'a | FAILED! => {\n    "changed": false,\n    "module_stderr": "Traceback\\nSyntaxError: invalid syntax\\n",\n    "msg": "MODULE FAILURE: see above",\n    "rc": 1\n}\n' : LAUNCHED(host)
      : `${host} | FAILED! => {\n    "ansible_job_id": "j1.10",\n    "finished": 1,\n    "msg": "could not find job",\n    "started": 1\n}\n`;
  const world = worldOf([fakeHost({ host: "a", answers: [well] }), fakeHost({ host: "b", answers: [well] })], { adHoc: ansible([], refused) });
  assert.equal(await runCli(world, ["verify", "-f", "json"]), 1);
  const { hosts } = JSON.parse(world.printed.out) as { readonly hosts: readonly { readonly host: string; readonly ok: boolean; readonly job: unknown; readonly findings: readonly { readonly id: string }[] }[] };
  assert.deepEqual(hosts.map(({ host, ok, job, findings }) => [host, ok, job, findings.map(({ id }) => id)]), [
    ["a", false, { kind: "failed", step: "launch", says: "MODULE FAILURE: see above; SyntaxError: invalid syntax" }, ["interpreter-missing"]],
    ["b", false, { kind: "failed", step: "status", says: "could not find job" }, ["job-failed"]],
  ]);
});

test("a probe that failed, a file that stays and a link that breaks are said", async () => {
  const partly: Answers = { ...well, probe: [told("async-dir", DIRECTORY), { event: "probe", probe: "sudo", facts: null, why: "OSError: odd\u0007" }], prune: [{ event: "error", code: "alive", message: "A process of this job still lives: 7." }] };
  const world = worldOf([fakeHost({ host: "a", answers: [partly] }), fakeHost({ host: "b", answers: [{ probe: ["drop"] }] })], { adHoc: ansible([]) });
  assert.equal(await runCli(world, ["verify"]), 1);
  assert.match(world.printed.out, /^a {2}look here {2}job 2\.0 s.*\n {2}not {2}seen: sudo \(OSError: odd\\x07\)$/m);
  assert.match(world.printed.err, /^longhaul: b: the connection was lost \(Broken pipe\)$/m);
  assert.match(world.printed.err, /^longhaul: a: \/d\/j1\.10 is still there \(A process of this job still lives: 7\.\); remove it$/m);
});

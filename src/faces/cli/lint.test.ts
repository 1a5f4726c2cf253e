import assert from "node:assert/strict";
import { test } from "node:test";
import { modes } from "../../catalogue/index.ts";
import { runCli } from "./program.ts";
import type { FakeWorld } from "./world.fake.ts";
import { fakeWorld } from "./world.fake.ts";
import type { World } from "./world.ts";

const POLLED = `- hosts: db
  tasks:
    - name: Compact
      command: compact
      async: 60
      poll: 5
      register: job
    - name: Wait
      async_status:
        jid: "{{ job.ansible_job_id }}"
      register: result
`;

const UNCHECKED = `- hosts: db
  tasks:
    - name: Compact
      command: compact
      async: 60
      poll: 0
      register: compaction
`;

/** Fails up to 2.16 only. */
const CHECKED_MODE = `- hosts: db
  tasks:
    - name: Compact
      command: compact
      async: 60
      poll: 5
      check_mode: true
`;

async function lint(world: World, ...argv: readonly string[]): Promise<number> {
  return runCli(world, ["lint", ...argv]);
}

function found(world: FakeWorld): readonly string[] {
  const modesFound = [...world.printed.out.matchAll(/^\S+:\d+:\d+ {2}(\w+) {2}(\S+)$/gm)].map(([, severity, mode]) => `${severity} ${mode}`);
  world.printed.out = "";
  return modesFound;
}

test("a profile chooses what is told, and what counts as a failure", async () => {
  const world = fakeWorld({ "site.yml": UNCHECKED }, modes);
  assert.equal(await lint(world), 1);
  assert.deepEqual(found(world), ["warning launch-never-checked"]);
  assert.equal(await lint(world, "--profile", "min"), 0);
  assert.deepEqual(found(world), []);
  world.texts["longhaul.yml"] = "modes: {launch-never-checked: info}\n";
  assert.equal(await lint(world), 0);
  assert.deepEqual(found(world), ["info launch-never-checked"]);
  assert.equal(await lint(world, "--profile", "strict"), 1);
});

test("the ansible-core that counts comes from the option, the configuration or the collection, and is said", async () => {
  const world = fakeWorld({ "site.yml": CHECKED_MODE }, modes);
  assert.equal(await lint(world, "--core", "2.16"), 1);
  assert.match(world.printed.out, /1 file checked for ansible-core 2\.16 \(--core\)/);
  assert.equal(await lint(world, "--core", "2.17+"), 0);
  world.texts["meta/runtime.yml"] = "requires_ansible: '>=2.17.0'\n";
  assert.equal(await lint(world, "site.yml"), 0);
  assert.match(world.printed.out, /for ansible-core 2\.17 and newer\s+\(meta\/runtime\.yml\)/);
  world.texts["longhaul.yml"] = "core: 2.14-2.16\n";
  assert.equal(await lint(world, "site.yml"), 1);
  assert.equal(await lint({ ...world, installedCore: () => "2.19" }, "--core", "installed", "site.yml"), 0);
  assert.equal(await lint(world, "--core", "installed"), 2);
  assert.equal(await lint(world, "--core", "new"), 2);
  assert.match(world.printed.err, /--core new: expected as 2\.16/);
});

test("the configuration is found above, and names paths, exclusions and modes that are off", async () => {
  const world = fakeWorld({ "../longhaul.yml": "modes:\n  status-of-polled-task: off\n", "site.yml": POLLED }, modes);
  assert.equal(await lint(world), 0);
  world.texts["longhaul.yml"] = "paths: [plays]\nexclude: [plays/old.yml]\n";
  Object.assign(world.texts, { "plays/new.yml": POLLED, "plays/old.yml": POLLED });
  assert.equal(await lint(world), 1);
  assert.match(world.printed.out, /1 error, 1 file checked/);
  world.texts["longhaul.yml"] = "paths: [plays]\nmodes: {no-such-mode: off}\n";
  assert.equal(await lint(world), 2);
  assert.match(world.printed.err, /longhaul\.yml:2:9: there is no mode no-such-mode/);
  assert.equal(await lint(world, "--config", "nowhere.yml"), 2);
});

test("a baseline hides what it knows, tells what is gone, and is no excuse for new mistakes", async () => {
  const world = fakeWorld({ "site.yml": POLLED }, modes);
  assert.equal(await lint(world, "--baseline", "known.json"), 2);
  assert.match(world.printed.err, /--write-baseline known\.json makes it/);
  assert.equal(await lint(world, "--write-baseline", "known.json"), 0);
  assert.equal(await lint(world, "--baseline", "known.json"), 0);
  world.texts["site.yml"] = `# a line above\n${POLLED}`;
  assert.equal(await lint(world, "--baseline", "known.json"), 0);
  assert.equal(await lint(world, "--baseline", "known.json", "--fix"), 0);
  assert.equal(world.texts["site.yml"], `# a line above\n${POLLED}`, "what is known is left as it is");
  world.texts["other.yml"] = UNCHECKED;
  assert.equal(await lint(world, "--baseline", "known.json"), 1);
  assert.match(world.printed.out, /launch-never-checked/);
  delete world.texts["site.yml"];
  world.printed.err = "";
  assert.equal(await lint(world, "--baseline", "known.json"), 1);
  assert.match(world.printed.err, /known\.json: 1 entry no longer found/);
  world.texts["known.json"] = "{}";
  assert.equal(await lint(world, "--baseline", "known.json"), 2);
});

test("--changed tells of the changed files, seen with the whole project", async () => {
  const world = { ...fakeWorld({ "site.yml": POLLED, "other.yml": UNCHECKED, "broken.yml": "a: [\n" }, modes), asked: "" };
  const changedFiles = (reference: string | undefined): readonly string[] => {
    world.asked += `${reference ?? "last"} `;
    return ["other.yml", "notes.txt"];
  };
  assert.equal(await lint({ ...world, changedFiles }, "--changed"), 1);
  assert.deepEqual(found(world), ["warning launch-never-checked"]);
  assert.equal(await lint({ ...world, changedFiles }, "--changed=main"), 1);
  assert.equal(world.asked, "last main ");
  assert.equal(await lint({ ...world, changedFiles: () => [] }, "--changed"), 0);
  assert.match(world.printed.err, /no YAML file has changed since the last commit/);
});

test("standard input stands for a file of the project", async () => {
  const world = fakeWorld({ "site.yml": "- hosts: db\n  roles: [web]\n", "-": POLLED }, modes);
  assert.equal(await lint(world, "--stdin-name", "site.yml", "-"), 1);
  assert.deepEqual(found(world), ["error status-of-polled-task"]);
  assert.equal(await lint(world, "--stdin-name", "site.yml", "--diff", "-"), 1);
  assert.match(world.printed.out, /^--- a\/site\.yml$/m);
  assert.equal(await lint(world, "--fix", "-"), 2);
  assert.equal(await lint(world, "-", "site.yml"), 2);
  assert.match(world.printed.err, /standard input is linted alone/);
});

test("a repair that chooses between meanings is shown and asked about, or left", async () => {
  const world = fakeWorld({ "site.yml": UNCHECKED }, modes);
  const asked: string[] = [];
  const answering = (answer: boolean): World => ({
    ...world,
    ask: async (question) => {
      asked.push(question);
      return Promise.resolve(answer);
    },
  });
  assert.equal(await lint(world, "--fix=all"), 1);
  assert.match(world.printed.out, /^\+ +async_status:$/m);
  assert.match(world.printed.err, /1 repair chooses between meanings and is not made; --fix=all --yes makes it/);
  assert.equal(await lint(answering(false), "--fix=all"), 1);
  assert.equal(world.texts["site.yml"], UNCHECKED);
  assert.equal(await lint(answering(true), "--fix=all"), 0);
  assert.notEqual(world.texts["site.yml"], UNCHECKED);
  assert.deepEqual(asked.map((question) => question.split(",")[0]), ["1 repair chooses between meanings", "1 repair chooses between meanings"]);
  world.texts["site.yml"] = UNCHECKED;
  assert.equal(await lint(world, "--fix=all", "--yes"), 0);
});

test("a play that is too long to be looked at whole is said", async () => {
  const world = fakeWorld({ "site.yml": `- hosts: db\n  tasks:\n${"    - debug:\n".repeat(5001)}` }, modes);
  assert.equal(await lint(world), 2);
  assert.match(world.printed.err, /site\.yml: more than 5000 tasks in one play: the rest was not looked at/);
});

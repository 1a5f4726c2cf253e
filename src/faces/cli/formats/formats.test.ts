import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import schema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import ajv from "ajv-draft-04";
import { modes } from "../../../catalogue/index.ts";
import { runCli } from "../program.ts";
import { fakeWorld } from "../world.fake.ts";

/** Two findings on lines that read alike, one file with a name that has to be escaped, and one that cannot be read. */
const STATUS = `    - name: "Wait, 100%: <now> & then"
      async_status:
        jid: "{{ job.ansible_job_id }}"
      register: result
      until: result is succeeded
      retries: 30
      delay: 5
`;
const SITE = `- hosts: db
  tasks:
    - command: compact
      async: 60
      poll: 0
      register: job
${STATUS}${STATUS}`;

async function report(format: string, texts: Record<string, string>): Promise<string> {
  const world = fakeWorld(texts, modes);
  await runCli(world, ["lint", "-f", format]);
  return world.printed.out;
}

const TEXTS = { "roles/a b,c:d/tasks/main.yml": SITE, "site.yml": SITE, "bad.yml": "- hosts: all\n  tasks: [\n" };

test("SARIF is valid by the schema of OASIS, with fixes, fingerprints that differ, and what could not be read", async () => {
  const text = await report("sarif", TEXTS);
  // The schema's own formats (uri, date-time) need a plug-in, and one of its patterns is none with the u flag.
  const validate = new ajv.default({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
  assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
  const { runs } = JSON.parse(text) as { runs: { results: { partialFingerprints: object; fixes: object[] }[]; invocations: { executionSuccessful: boolean }[] }[] };
  const prints = runs[0]?.results.map((result) => JSON.stringify(result.partialFingerprints)) ?? [];
  assert.equal(new Set(prints).size, 4);
  assert.ok(runs[0]?.results.every((result) => result.fixes.length === 1));
  assert.equal(runs[0]?.invocations[0]?.executionSuccessful, false);
});

test("fingerprints stay when lines above move", async () => {
  const prints = async (texts: Record<string, string>): Promise<readonly string[]> =>
    (JSON.parse(await report("codeclimate", texts)) as { fingerprint: string }[]).map((issue) => issue.fingerprint);
  assert.deepEqual(await prints({ "site.yml": SITE }), await prints({ "site.yml": `# a comment\n\n${SITE}` }));
});

test("Code Climate is one line with the fields that GitLab reads", async () => {
  const text = await report("codeclimate", TEXTS);
  assert.equal(text.trimEnd().split("\n").length, 1);
  const [issue] = JSON.parse(text) as { description: string; fingerprint: string; severity: string; location: { path: string; positions: { begin: { line: number } } } }[];
  assert.equal(issue?.location.path, "roles/a b,c:d/tasks/main.yml");
  assert.equal(issue.location.positions.begin.line, 11);
  assert.equal(issue.severity, "major");
});

test("GitHub's commands are one line each, escaped, the worst first", async () => {
  const lines = (await report("github", TEXTS)).trimEnd().split("\n");
  assert.equal(lines.length, 5);
  assert.match(lines[0] ?? "", /^::error file=roles\/a b%2Cc%3Ad\/tasks\/main\.yml,line=11,endLine=11,col=14,endColumn=33,title=until-true-at-once::/);
  assert.match(lines[4] ?? "", /^::error title=not-yaml::bad\.yml:3:1: not valid YAML/);
});

test("JUnit is XML that a parser reads, with the failures counted", async () => {
  const text = await report("junit", TEXTS);
  const program = "import sys, xml.etree.ElementTree as t; r = t.fromstring(sys.stdin.buffer.read()); print(r.get('tests'), r.get('failures'), r.get('errors'), len(r.findall('.//failure')), len(r.findall('.//error')))";
  const { stdout, stderr } = spawnSync("python3", ["-c", program], { input: text, encoding: "utf8" });
  assert.equal(stdout.trim(), "5 4 1 4 1", stderr);
  assert.match(await report("junit", { "site.yml": "- hosts: all\n" }), /tests="1" failures="0" errors="0"/);
});

test("pep8 is a line for each finding, with its place first", async () => {
  const lines = (await report("pep8", TEXTS)).trimEnd().split("\n");
  assert.equal(lines.length, 4);
  assert.match(lines[2] ?? "", /^site\.yml:11:14: until-true-at-once: /);
});

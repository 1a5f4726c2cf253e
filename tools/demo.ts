// `npm run demo`: the main job on real Ansible. A copy of examples/migration fails, longhaul says why and repairs it, and it runs.
// Nothing is faked: every step is a command that you can type, and the demo fails when one ends otherwise than it should.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters, styleText } from "node:util";
import { ansibleBin } from "./ansible.ts";

const root = join(import.meta.dirname, "..");
const PLAYBOOKS = ["migrate", "compact", "warm-cache", "reindex", "report"];
const COLUMNS = Math.min(100, process.stdout.columns ?? 80);

const directory = mkdtempSync(join(tmpdir(), "longhaul-demo-"));
const work = join(directory, "migration");
// Job files go into the demo's own directory, and the user's ansible.cfg does not change what is seen.
const env = {
  ...process.env,
  PATH: [ansibleBin(), join(root, "bin"), process.env["PATH"]].join(delimiter),
  ANSIBLE_CONFIG: join(work, "ansible.cfg"),
  ANSIBLE_ASYNC_DIR: join(directory, "jobs"),
  ANSIBLE_LOCALHOST_WARNING: "false",
  COLUMNS: String(COLUMNS),
};

/** Runs a command line as a user would. Out: what it printed. Throws when its exit code is not the expected one. */
function type(line: string, expected: number): string {
  console.log(styleText("bold", `\n$ ${line}`));
  const { status, output } = spawnSync("sh", ["-c", `${line} 2>&1`], { cwd: work, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const text = output[1] ?? "";
  if (status !== expected) throw new Error(`${text}\n\`${line}\` ended with ${status}, expected ${expected}`);
  return text;
}

/** Prints what a reader needs of Ansible's output: no blank lines, no stars, long lines cut. */
function show(text: string): void {
  const lines = stripVTControlCharacters(text).split("\n").filter((line) => line.trim() !== "");
  for (const line of lines) {
    const plain = line.replace(/ \*{3,}$/, "");
    console.log(styleText("dim", plain.length > COLUMNS ? `${plain.slice(0, COLUMNS - 1)}…` : plain));
  }
}

function heading(text: string): void {
  console.log(styleText(["bold", "inverse"], `\n ${text} `));
}

function failAndDiagnose(name: string): void {
  heading(`${name}.yml on real Ansible`);
  const output = type(`ansible-playbook -v -i hosts.yml ${name}.yml`, 2);
  writeFileSync(join(work, `${name}.log`), output);
  show(output);
  console.log(`\n${type(`longhaul diagnose ${name}.log`, 1).trimEnd()}`);
}

try {
  cpSync(join(root, "examples/migration"), work, { recursive: true });
  writeFileSync(join(work, "ansible.cfg"), "");
  const version = type("ansible-playbook --version", 0).split("\n", 1)[0];
  console.log(`A night's maintenance of a shop's database, in ${work}: five playbooks, each with an async mistake.\n${version}`);
  for (const name of PLAYBOOKS) failAndDiagnose(name);
  heading("The repair");
  console.log(type("longhaul lint --fix", 0).trimEnd());
  heading("The same playbooks, repaired, on real Ansible");
  rmSync(join(work, "data"), { recursive: true });
  const output = type("ansible-playbook -i hosts.yml site.yml", 0);
  show(output);
  console.log(styleText("green", "\nFive playbooks failed, were diagnosed from their own output and repaired, and ran to success."));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { modes } from "../../catalogue/index.ts";
import type { Shell } from "./completion.ts";
import { buildProgram, runCli } from "./program.ts";
import { fakeWorld } from "./world.fake.ts";

let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "longhaul-completion-"));
  mkdirSync(join(directory, "roles"));
  writeFileSync(join(directory, "site.yml"), "");
  writeFileSync(join(directory, "run.log"), "");
});
after(() => rmSync(directory, { recursive: true, force: true }));

async function script(shell: Shell): Promise<string> {
  const world = fakeWorld({}, modes);
  assert.equal(await runCli(world, ["completion", shell]), 0);
  return world.printed.out;
}

/** What a shell offers, sorted. In: the shell, its script, what asks it, and arguments of that. */
async function asked(shell: Shell, question: string, args: readonly string[]): Promise<readonly string[]> {
  const path = join(directory, `completion.${shell}`);
  writeFileSync(path, await script(shell));
  const flags = { bash: ["--noprofile", "--norc"], zsh: ["-f"], fish: ["--no-config"] }[shell];
  const { stdout, stderr } = spawnSync(shell, [...flags, "-c", question, ...(shell === "fish" ? [] : [shell]), path, ...args], { cwd: directory, encoding: "utf8", timeout: 20_000 });
  assert.equal(stderr, "");
  rmSync(path);
  return stdout.split("\n").filter((line) => line !== "").toSorted();
}

/** In: the words of a command line, of which the last is completed. */
async function bash(...words: readonly string[]): Promise<readonly string[]> {
  return asked("bash", 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _longhaul; printf "%s\\n" "${COMPREPLY[@]}"', ["longhaul", ...words]);
}

const ids = modes.map((mode) => mode.id);
const below = ["help", "kill", "list", "prune", "show", "tail", "wait"];
const commands = [...buildProgram(fakeWorld({}, modes), () => undefined).commands.map((command) => command.name()), "help"].toSorted();

test("bash offers commands, options, choices, modes and paths, each where it can stand", async () => {
  assert.deepEqual(await bash(""), commands);
  assert.deepEqual(await bash("l"), ["lint"]);
  assert.deepEqual(await bash("--v"), ["--version"]);
  assert.deepEqual(await bash("lint", "--form"), ["--format"]);
  assert.deepEqual(await bash("lint", "--fix-"), [], "what help hides stays hidden");
  assert.deepEqual(await bash("lint", "-f", "s"), ["sarif"]);
  assert.deepEqual(await bash("lint", "--format", "=", "j"), ["json", "junit"]);
  assert.deepEqual(await bash("diagnose", "-f", "="), ["json", "text"]);
  assert.deepEqual(await bash("diagnose", "-f", ""), ["json", "text"]);
  assert.deepEqual(await bash("explain", ""), ids.toSorted());
  assert.deepEqual(await bash("explain", "limit-"), ids.filter((id) => id.startsWith("limit-")).toSorted());
  assert.deepEqual(await bash("completion", ""), ["bash", "fish", "zsh"]);
  assert.deepEqual(await bash("help", "d"), ["diagnose"]);
  assert.deepEqual(await bash("help", "s"), ["show"]);
  assert.deepEqual(await bash("jobs", ""), below);
  assert.deepEqual(await bash("jobs", "w"), ["wait"]);
  assert.deepEqual(await bash("jobs", "help", "w"), ["wait"]);
  assert.deepEqual(await bash("jobs", "wait", "--time"), ["--timeout"]);
  assert.deepEqual(await bash("jobs", "show", "--time"), ["--timeout"], "of jobs show, not of show");
  assert.deepEqual(await bash("jobs", "list", "--wat"), ["--watch"]);
  assert.deepEqual(await bash("jobs", "list", "-f", ""), ["json", "text"]);
  assert.deepEqual(await bash("jobs", "list", "--state", "l"), ["lost"]);
  assert.deepEqual(await bash("show", "--wat"), []);
  assert.deepEqual(await bash("lint", "si"), ["site.yml"]);
  assert.deepEqual(await bash("lint", "--fix", "ro"), ["roles"]);
  assert.deepEqual(await bash("diagnose", "run.log", "--playbook", "si"), ["site.yml"]);
});

/** Why a shell cannot be asked; undefined when it can. */
function missing(shell: Shell): string | undefined {
  return spawnSync(shell, ["--version"]).status === 0 ? undefined : `there is no ${shell} on this machine`;
}

test("fish offers the same, with descriptions", { skip: missing("fish") ?? false }, async () => {
  const fish = async (line: string): Promise<readonly string[]> => asked("fish", 'source $argv[1]; complete -C "$argv[2]"', [line]);
  assert.deepEqual((await fish("longhaul ")).map((each) => each.split("\t")[0]), commands);
  assert.deepEqual(await fish("longhaul diagnose -f j"), ["json\thow to print"]);
  assert.deepEqual(await fish("longhaul diagnose --pl"), ["--playbook\tthe playbook that was run: what lint finds in it is evidence"]);
  assert.deepEqual((await fish("longhaul jobs ")).map((each) => each.split("\t")[0]), below);
  assert.deepEqual((await fish("longhaul jobs wait --time")).map((each) => each.split("\t")[0]), ["--timeout"]);
  assert.deepEqual(await fish("longhaul show --wat"), []);
  assert.deepEqual(await fish("longhaul lint si"), ["site.yml"]);
  assert.deepEqual((await fish("longhaul explain limit-too")).map((each) => each.split("\t")[0]), ["limit-too-short"]);
});

// zsh completes for its line editor only, so it gets a terminal, a line and a Tab. Reading waits for what is expected.
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f
zpty -w shell "stty columns 400; unsetopt prompt_sp; autoload -Uz compinit; compinit -D -u; setopt no_list_ambiguous; source $1; print rea""dy"
zpty -r shell answer '*ready*'
zpty -w -n shell "$2"$'\\t'
zpty -r shell answer "*$3*" && print found
`;

test("zsh offers the same", { skip: missing("zsh") ?? false }, async () => {
  const offers = async (line: string, expected: string): Promise<void> => assert.deepEqual(await asked("zsh", ZSH, [line, expected]), ["found"], line);
  await offers("longhaul ", "diagnose *-- name the cause");
  await offers("longhaul lint -f ", "codeclimate*sarif");
  await offers("longhaul explain limit-too", "-short");
  await offers("longhaul jobs ", "kill *-- end jobs");
  await offers("longhaul jobs list --wat", "ch");
  await offers("longhaul lint si", "te.yml");
  await offers("longhaul diagnose --pl", "aybook");
});

// Every command of longhaul in the documents and in the help is one that the command line accepts.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Command } from "commander";
import { CommanderError } from "commander";
import { modes } from "../src/catalogue/index.ts";
import { buildProgram, spelledOut } from "../src/faces/cli/program.ts";
import { fakeWorld } from "../src/faces/cli/world.fake.ts";
import { readShell } from "../src/model/shell.ts";
import { shownCommands } from "./shown-commands.ts";

const root = join(import.meta.dirname, "..");

/** Why the command line refuses it; undefined where it does not. Nothing is done. */
async function refusal(words: readonly string[]): Promise<string | undefined> {
  const world = { ...fakeWorld({}, modes), askSecret: () => Promise.resolve("a password") };
  const program = buildProgram(world, () => undefined);
  const withoutActions = (command: Command): void => {
    command.action(() => undefined);
    command.commands.forEach(withoutActions);
  };
  program.commands.forEach(withoutActions);
  try {
    await program.parseAsync(words.map(spelledOut), { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : error.message;
  }
}

/** The arguments of each longhaul in a command line. */
function callsIn(line: string): readonly (readonly string[])[] {
  return readShell(line).commands.flatMap(({ words: [program, ...rest] }) => (program?.text === "longhaul" ? [rest.map(({ text }) => text)] : []));
}

async function refused(lines: readonly string[]): Promise<readonly string[]> {
  const calls = lines.flatMap((line) => callsIn(line));
  const told = await Promise.all(calls.map(async (words) => ({ words, why: await refusal(words) })));
  return told.flatMap(({ words, why }) => (why === undefined ? [] : [`longhaul ${words.join(" ")}: ${why}`]));
}

test("what is no command is refused here too", async () => {
  assert.equal((await refused(["longhaul lint --no-such", "cd x && longhaul jobs lost | tee log", "longhaul explain"])).length, 2);
});

test("commands in documents are accepted", async () => {
  const documents = globSync(["*.md", "{docs,collection,examples,bridge}/**/*.md", "src/catalogue/*/README.md"], { cwd: root });
  const lines = documents.flatMap((path) => shownCommands(readFileSync(join(root, path), "utf8")));
  assert.ok(lines.filter((line) => callsIn(line).length > 0).length > 50, "they are found");
  assert.deepEqual(await refused(lines), []);
});

test("examples in the help are accepted", async () => {
  const world = fakeWorld({}, modes);
  const help = (command: Command): void => {
    command.outputHelp();
    command.commands.forEach(help);
  };
  help(buildProgram(world, () => undefined));
  const lines = world.printed.out.split("\n").flatMap((line) => /^ {2}(longhaul .*)$/.exec(line)?.[1] ?? []);
  assert.ok(lines.length > 40, "they are found");
  assert.deepEqual(await refused(lines), []);
});

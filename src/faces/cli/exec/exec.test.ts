import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../program.ts";
import { fakeWorld } from "../world.fake.ts";

async function refused(...args: readonly string[]): Promise<string> {
  const world = fakeWorld({}, []);
  assert.equal(await runCli(world, ["exec", ...args]), 2);
  return world.printed.err;
}

test("the command stands after --, so that none of its options is taken for one of ours", async () => {
  assert.equal(await refused("db", "rm", "-b"), "longhaul: the command stands after --: longhaul exec db [options] -- rm\n");
  assert.match(await refused("db", "web", "--", "rm", "-b"), /^longhaul: web: only one pattern stands before --/);
  assert.match(await refused("db", "--"), /hosts stand before --, and a command after it/);
});

test("one word that only a shell could read is not guessed about", async () => {
  assert.match(await refused("db", "--", "du -x | tail"), /one word with blanks or with what only a shell reads; .* add --shell\n$/);
  assert.match(await refused("db", "--shell", "--", "du", "-x"), /--shell takes one word/);
});

test("a limit is a time, and variables have names and values", async () => {
  assert.match(await refused("db", "--limit", "web", "--", "true"), /-l takes a pattern of hosts/);
  assert.match(await refused("db", "--limit", "0", "--", "true"), /a second at least/);
  assert.match(await refused("db", "--env", "A-B=1", "--", "true"), /--env A-B: that is no name of a variable/);
  assert.match(await refused("db", "--env", "TOKEN", "--", "true"), /--env TOKEN: there is no variable of that name here/);
});

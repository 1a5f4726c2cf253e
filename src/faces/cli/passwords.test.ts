import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostsRequest } from "../../engine/ports.ts";
import { runCli } from "./program.ts";
import type { World } from "./world.ts";
import { fakeWorld } from "./world.fake.ts";

/** Runs a command about hosts with these answers to its questions. */
async function run(options: readonly string[], answers: readonly (string | undefined)[]): Promise<{ readonly exit: number; readonly questions: readonly string[]; readonly request: HostsRequest | undefined; readonly err: string }> {
  const questions: string[] = [];
  let request: HostsRequest | undefined;
  const openHosts: World["openHosts"] = async function* (asked) {
    request = asked;
    await Promise.resolve();
    yield* [];
  };
  const askSecret = async (question: string): Promise<string | undefined> => {
    questions.push(question);
    return Promise.resolve(answers[questions.length - 1]);
  };
  const world = { ...fakeWorld({}, []), openHosts, askSecret };
  return { exit: await runCli(world, ["jobs", "list", ...options]), questions, request, err: world.printed.err };
}

test("passwords are asked for with Ansible's words, and that of the login serves for become too", async () => {
  const both = await run(["-k", "-K"], ["s3cret", ""]);
  assert.deepEqual(both.questions, ["SSH password: ", "BECOME password[defaults to SSH password]: "]);
  assert.deepEqual([both.request?.password, both.request?.becomePassword], ["s3cret", "s3cret"]);
  const become = await run(["--ask-become-pass"], ["other"]);
  assert.deepEqual([become.questions, become.request?.password, become.request?.becomePassword], [["BECOME password: "], undefined, "other"]);
  const none = await run([], []);
  assert.deepEqual([none.questions, none.request?.becomePassword], [[], undefined]);
});

test("where nobody can be asked a file is the way", async () => {
  const { exit, request, err } = await run(["-K"], [undefined]);
  assert.equal(exit, 2);
  assert.equal(request, undefined);
  assert.match(err, /-K needs a terminal to ask at; name a file with --become-password-file/);
  const file = await run(["--become-password-file", "/p", "--connection-password-file", "/c"], []);
  assert.deepEqual([file.request?.becomePasswordFile, file.request?.passwordFile], ["/p", "/c"]);
});

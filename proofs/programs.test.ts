import assert from "node:assert/strict";
import test from "node:test";
import { runProgram } from "./programs.ts";

const surroundings = { env: { PATH: "/usr/bin:/bin" }, cwd: "/", timeoutMs: 20_000 };

test("a program is interrupted once, when it is time", async () => {
  let looks = 0;
  const interruptWhen = (): boolean => {
    looks += 1;
    return looks === 3;
  };
  const ended = await runProgram(["sh", "-c", "trap 'exit 99' INT; while :; do sleep 0.1; done"], { ...surroundings, interruptWhen });
  assert.deepEqual(ended, { exitCode: 99, timedOut: false });
  assert.equal(looks, 3);
});

test("a program that ends before it is time is not looked at any more", async () => {
  let looks = 0;
  const interruptWhen = (): boolean => {
    looks += 1;
    return false;
  };
  const ended = await runProgram(["sh", "-c", "exit 3"], { ...surroundings, interruptWhen });
  const atTheEnd = looks;
  await new Promise((resolve) => { setTimeout(resolve, 250); });
  assert.deepEqual([ended.exitCode, looks], [3, atTheEnd]);
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { test } from "node:test";
import { passwordOptions } from "./password-options.ts";

test("a typed password comes from a program, and stands neither in it nor on a command line", () => {
  const typed = `it's "$HOME" %s\\n`;
  const { args, env, remove } = passwordOptions({ becomePassword: typed, passwordFile: "~/login" });
  assert.deepEqual(args.filter((_, at) => at !== 3), ["--connection-password-file", "~/login", "--become-password-file"]);
  const program = args[3] ?? assert.fail();
  assert.equal(statSync(program).mode & 0o777, 0o700);
  assert.equal(execFileSync(program, { env: { ...process.env, ...env }, encoding: "utf8" }), `${typed}\n`);
  assert.doesNotMatch(execFileSync("cat", [program], { encoding: "utf8" }) + args.join(" "), /HOME/);
  remove();
  assert.equal(existsSync(program), false);
  assert.deepEqual(passwordOptions({}).args, []);
});

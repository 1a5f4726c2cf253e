import assert from "node:assert/strict";
import { test } from "node:test";
import type { Measurement } from "../../model/duration.ts";
import { measuredOfCommand } from "./of-command.ts";

let number = 0;
const run = (shape: string, task = ""): Measurement => ({
  work: { project: "/project", file: "", play: "", task, module: "command", shape }, host: "db1", jid: `j${(number += 1)}.1`, seconds: 60, end: "finished", at: number, source: "jobs",
});

test("a command is known again by its programs and options, also from within a shell, and whatever its values are", () => {
  const kept = [run("shop-db --all", "Migrate"), run("shop-db", "Check"), run("shop-db --all")];
  for (const commandLine of ["/opt/bin/shop-db --all now", "/bin/sh -c /opt/bin/shop-db --all=2", "shop-db --all"]) assert.equal(measuredOfCommand(kept, commandLine).length, 2, commandLine);
  assert.equal(measuredOfCommand(kept, "shop-db --some").length, 0);
});

test("a name that says nothing, a command line that was cut, and one that two tasks have, are compared with nothing", () => {
  const kept = [run("python3"), run("sleep"), run("sh -c"), run("rebuild", "Night"), run("rebuild", "Noon"), run("load --file")];
  for (const commandLine of ["python3 /opt/x.py", "/bin/sh -c sleep 300", "sleep 5", "rebuild /srv", "", `load --file ${"x".repeat(300)}`]) assert.deepEqual(measuredOfCommand(kept, commandLine), [], commandLine);
});

// The probes on every Python that is here, with configuration in a directory of their own and homes made for them.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Fields } from "../../model/fields.ts";
import { readAnswer } from "../../model/host.ts";
import { PROBES, askAgent, pythonsHere } from "./agent.fixture.ts";

const ROOT = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-probes-")));
const PYTHONS = pythonsHere(ROOT);
const ENVIRONMENT = { PATH: "/usr/bin:/bin", HOME: ROOT, LC_ALL: "C.UTF-8" };

after(() => rmSync(ROOT, { recursive: true, force: true }));

interface Around {
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: string;
  readonly python?: string;
}

/** Asks for one probe; every answer is a line, and the last one says done. */
async function probe(what: string, request: Fields = {}, { env = {}, program = PROBES, python = PYTHONS[0] ?? "python3" }: Around = {}): Promise<Fields> {
  const answers = await askAgent({ do: "probe", what: [what], program, ...request }, { python, env: { ...ENVIRONMENT, ...env }, directory: ROOT });
  const events = answers.map((answer) => readAnswer(answer)?.event);
  assert.equal(events.at(-1)?.event, "done", JSON.stringify(answers));
  const [event] = events;
  assert(event?.event === "probe" && event.probe === what && event.facts !== null, JSON.stringify(answers));
  return event.facts;
}

test("what is asked wrongly, or not known, is said and hinders no other probe", async () => {
  const start = { python: PYTHONS[0] ?? "python3", env: ENVIRONMENT, directory: ROOT };
  const several = await askAgent({ do: "probe", what: ["clock", "nonsense", "cleaners"], program: PROBES }, start);
  assert.deepEqual(several.map((each) => [each["event"], each["probe"], each["why"]]), [
    ["probe", "clock", null],
    ["probe", "nonsense", "This agent has no probe of that name."],
    ["probe", "cleaners", "cleaners needs dirs, a list of directories."],
    ["done", undefined, undefined],
  ]);
  for (const request of [{ what: "clock" }, { what: [] }, { what: ["clock"] }, { what: ["clock"], program: 3 }]) {
    assert.deepEqual((await askAgent({ do: "probe", ...request }, start)).map(({ code }) => code), ["bad-request"]);
  }
});

test("a clock, on every Python", async () => {
  for (const python of PYTHONS) {
    const { now, boot_id: boot, unknown } = await probe("clock", {}, { python });
    assert.ok(Math.abs(Number(now) - Date.now() / 1000) < 60);
    assert.deepEqual(unknown, {});
    if (existsSync("/proc/sys/kernel/random/boot_id")) assert.equal(boot, readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  }
});

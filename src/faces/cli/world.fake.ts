// A world in memory, for tests: files by path, logs by path, and what was printed.

import { fakeFiles, fakeHistory, fakeRuns } from "../../engine/ports.fake.ts";
import type { Mode } from "../../model/mode.ts";
import { Problem } from "../../model/problem.ts";
import type { Clock, World } from "./world.ts";

export interface FakeWorld extends World {
  readonly printed: { out: string; err: string };
  readonly texts: Record<string, string>;
}

/** In: texts by path (playbooks and logs alike) and the catalogue. */
export function fakeWorld(texts: Record<string, string>, modes: readonly Mode[]): FakeWorld {
  const printed = { out: "", err: "" };
  return {
    version: "1.2.3",
    modes: () => Promise.resolve(modes),
    texts,
    printed,
    files: { read: (path) => fakeFiles(texts).read(path), list: (path) => fakeFiles(texts).list(path) },
    findYaml: (paths, excluded) => ({ files: paths.flatMap((path) => yamlBelow(texts, path)).filter((path) => !(excluded?.patterns ?? []).includes(path)), closed: [] }),
    changedFiles: () => [],
    installedCore: () => "",
    openHosts: async function* () {
      yield* [];
      await Promise.resolve();
    },
    openHistory: fakeHistory(),
    readAra: () => Promise.resolve(undefined),
    run: async () => {
      await Promise.resolve();
      throw new Error("this world has no runs");
    },
    runs: async () => Promise.resolve(fakeRuns()),
    adHoc: async () => Promise.resolve(""),
    replaceText: (path, text) => {
      texts[path] = text;
    },
    createFile: (path, text) => {
      if (path in texts) throw new Problem("cannot-write", `${path}: is there`);
      texts[path] = text;
    },
    readChunks: async (path, take) => {
      const text = texts[path];
      if (text === undefined) throw new Problem("no-such-path", `${path}: no such file`);
      take(new TextEncoder().encode(text));
      await Promise.resolve();
    },
    pageOf: (id) => texts[`${id}.md`],
    variable: () => undefined,
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    directory: "/project",
    columns: 80,
    color: false,
    terminal: false,
    clock: fakeClock(),
    onInterrupt: () => () => undefined,
  };
}

/** Time that passes when nothing else happens: whoever sleeps shortest wakes first, at once. */
export function fakeClock(): Clock {
  let nowMs = 0;
  let isRunning = false;
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  const run = async (): Promise<void> => {
    isRunning = true;
    while (sleepers.size > 0) {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const first = [...sleepers].toSorted((a, b) => a.untilMs - b.untilMs)[0];
      if (first === undefined) break;
      nowMs = Math.max(nowMs, first.untilMs);
      first.wake();
    }
    isRunning = false;
  };
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const sleeper = {
        untilMs: nowMs + ms,
        wake: () => {
          sleepers.delete(sleeper);
          resolve();
        },
      };
      if (signal?.aborted === true) return resolve();
      signal?.addEventListener("abort", sleeper.wake, { once: true });
      sleepers.add(sleeper);
      if (!isRunning) void run();
    });
  return { nowMs: () => nowMs, sleep };
}

function yamlBelow(texts: Readonly<Record<string, string>>, path: string): readonly string[] {
  const found = Object.keys(texts).filter((each) => path === "." || each === path || each.startsWith(`${path}/`));
  if (found.length === 0) throw new Problem("no-such-path", `${path}: no such file or directory`);
  return found.filter((each) => each === path || /\.ya?ml$/.test(each)).toSorted();
}

// A project, a history and past runs in memory, for tests.

import type { Measurement } from "../model/duration.ts";
import { Problem } from "../model/problem.ts";
import type { KeptMeasurement, KeptRuns, OpenHistory, ProjectFiles } from "./ports.ts";

/** In: texts by path. Out: files that read from them. */
export function fakeFiles(texts: Readonly<Record<string, string>>): ProjectFiles {
  const paths = Object.keys(texts);
  return {
    read: (path) => {
      const text = texts[path];
      return text === undefined ? undefined : { ok: true, text };
    },
    list: (directory) => {
      const prefix = directory === "." || directory === "" ? "" : `${directory}/`;
      const names = paths.filter((path) => path.startsWith(prefix)).map((path) => {
        const rest = path.slice(prefix.length);
        const slash = rest.indexOf("/");
        return slash === -1 ? rest : rest.slice(0, slash + 1);
      });
      return [...new Set(names)].toSorted();
    },
  };
}

/** In: what is kept already. Out: a history that keeps the rest for as long as the test runs. */
export function fakeHistory(before: readonly Measurement[] = []): OpenHistory {
  let kept: readonly KeptMeasurement[] = before.map((measurement, id) => ({ ...measurement, id }));
  return () => Promise.resolve({
    path: "/state/history.db",
    add: (measurements) => {
      const fresh = measurements.filter(({ host, jid }) => !kept.some((each) => each.host === host && each.jid === jid));
      kept = [...kept, ...fresh.map((measurement, index) => ({ ...measurement, id: kept.length + index }))];
      return fresh.length;
    },
    read: (project) => kept.filter(({ work }) => project === undefined || work.project === project).toSorted((a, b) => a.at - b.at),
    forget: (ids) => {
      const number = kept.length;
      kept = kept.filter(({ id }) => !ids.includes(id));
      return number - kept.length;
    },
    close: () => undefined,
  });
}

/** In: journals by id, and the processes that live. Out: these runs. */
export function fakeRuns(journals: Record<string, string> = {}, living: readonly number[] = []): KeptRuns {
  return {
    ids: () => Object.keys(journals).toSorted().toReversed(),
    logPath: (id) => `/state/runs/${id}/output.log`,
    journal: (id) => {
      const text = journals[id];
      if (text === undefined) throw new Problem("cannot-read", `/state/runs/${id}/journal.jsonl: no such file or directory`);
      return text;
    },
    reopen: (id) => ({
      id,
      logPath: `/state/runs/${id}/output.log`,
      append: (event) => {
        journals[id] += `${JSON.stringify(event)}\n`;
      },
      log: () => undefined,
      problem: () => undefined,
      keep: (name) => `/state/runs/${id}/${name}`,
      close: () => undefined,
    }),
    enter: (directory) => {
      if (directory === "") throw new Problem("no-such-path", "no directory");
    },
    lives: (pid) => living.includes(pid),
  };
}

// From the events of a journal to the run. Pure: whoever folds the same events sees the same run.

import type { Run, RunJob, RunTask } from "../../model/run.ts";
import { jobKey } from "../../model/run.ts";
import type { JobPlace, RunEvent } from "../../model/run-event.ts";

/** Failures that are kept by name; the rest is only counted. */
const FAILURES_KEPT = 100;

/** Folds event by event, for a run that goes on. */
export interface RunFold {
  readonly take: (event: RunEvent) => void;
  /** The run after the events so far; its maps go on changing with `take`. */
  readonly run: () => Run;
}

interface Books {
  readonly tasks: Map<string, RunTask>;
  readonly jobs: Map<string, RunJob>;
}

export function createFold(): RunFold {
  const books: Books = { tasks: new Map(), jobs: new Map() };
  let run: Run = {
    run: "",
    argv: [],
    directory: "",
    pid: 0,
    core: "",
    playbook: "",
    refused: [],
    startedAt: 0,
    lastAt: 0,
    ended: null,
    interrupted: null,
    plays: [],
    task: null,
    results: { ok: 0, changed: 0, failed: 0, ignored: 0, skipped: 0, unreachable: 0 },
    failures: [],
    diagnosed: [],
    ...books,
  };
  const take = (event: RunEvent): void => {
    run = { ...run, ...changeOf(run, event, books), lastAt: event.at };
  };
  return { take, run: () => run };
}

/** In: the events of a journal, in order. Out: the run that they tell. */
export function foldRun(events: Iterable<RunEvent>): Run {
  const fold = createFold();
  for (const event of events) fold.take(event);
  return fold.run();
}

/** What an event changes of a run. Tasks and jobs are written into their books, as a long run has many. */
function changeOf(run: Run, event: RunEvent, { tasks, jobs }: Books): Partial<Run> {
  switch (event.type) {
    case "run-started":
      return { run: event.run, argv: event.argv, directory: event.directory, pid: event.pid, startedAt: event.at };
    case "playbook-started":
      return { core: event.core, playbook: event.playbook, refused: event.refused };
    case "play":
      return { plays: [...run.plays, { play: event.play, name: event.name, strategy: event.strategy }] };
    case "task": {
      const { task, play, name, action, path, handler } = event;
      tasks.set(task, { task, play, name, action, path, handler });
      return { task };
    }
    case "job-launched": {
      const { type: _, at, joined = null, ...launch } = event;
      jobs.set(jobKey(event), { ...launch, joined, state: "running", because: null, launchedAt: joined?.launchedAt ?? at, endedAt: null, rc: null, durationSeconds: null, outputBytes: null });
      return {};
    }
    case "job-seen":
      return changedJob(jobs, event, { state: event.state, because: event.because });
    case "job-ended":
      return changedJob(jobs, event, { state: event.state, because: null, endedAt: event.at, rc: event.rc, durationSeconds: event.durationSeconds, outputBytes: event.outputBytes });
    case "result": {
      const { host, task, status } = event;
      const results = { ...run.results, [status]: run.results[status] + 1 };
      const isKept = (status === "failed" || status === "unreachable") && run.failures.length < FAILURES_KEPT;
      return { results, ...(isKept ? { failures: [...run.failures, { host, task, status }] } : {}) };
    }
    case "diagnosed":
      return { diagnosed: [...run.diagnosed, { mode: event.mode, title: event.title }] };
    case "interrupted":
      return { interrupted: event.jobs };
    case "run-ended":
      return { ended: { at: event.at, code: event.code, signal: event.signal } };
  }
}

/** A job that the journal does not know was launched by an earlier run; it stays out. */
function changedJob(jobs: Map<string, RunJob>, place: JobPlace, change: Partial<RunJob>): Partial<Run> {
  const job = jobs.get(jobKey(place));
  if (job !== undefined) jobs.set(jobKey(place), { ...job, ...change });
  return {};
}

// Decides of a launch whether an earlier run has started the same job already: then that one is joined. The host itself is asked, as a
// journal only says what was so; where it cannot tell, nothing is started, as nobody wants some work done twice.

import type { BridgeJob, BridgeQuestion, JoinAnswer } from "../../model/bridge-message.ts";
import { DEFAULT_ASYNC_DIR } from "../../model/default-async-dir.ts";
import { isOpen, stateOf } from "../../model/job-state.ts";
import type { JobState } from "../../model/job-state.ts";
import { Problem } from "../../model/problem.ts";
import type { JobPlace, JoinedFrom } from "../../model/run-event.ts";
import { jobKey } from "../../model/run.ts";
import type { OpenHost } from "../ports.ts";

/** A job whose end nobody has seen. */
export interface EarlierJob extends JobPlace, JoinedFrom {
  readonly dir: string | null;
  readonly key: string;
  /** What its task is called. */
  readonly task: string;
  readonly limitSeconds: number;
}

export interface JoinerSurroundings {
  readonly openHost: OpenHost;
  readonly jobs: readonly EarlierJob[];
  /** Tells of a job that is not joined. */
  readonly say: (job: EarlierJob, state: JobState) => void;
}

export class Joiner {
  readonly #around: JoinerSurroundings;
  readonly #taken = new Set<EarlierJob>();

  constructor(around: JoinerSurroundings) {
    this.#around = around;
  }

  /** Each job is joined once: a task that starts the same thing twice finds two, or starts the second anew. */
  async answer({ host, key, variables }: Extract<BridgeQuestion, { kind: "join" }>): Promise<JoinAnswer> {
    const job = this.#around.jobs.find((each) => each.host === host && each.key === key && !this.#taken.has(each));
    if (job === undefined) return { state: "anew" };
    this.#taken.add(job);
    const { jid, dir, run } = job;
    try {
      const state = await this.#stateOf(job, variables);
      if (isOpen(state) || state === "finished") return { state: "joined", jid, path: `${dir ?? DEFAULT_ASYNC_DIR}/${jid}` };
      if (state === "absent") return { state: "cannot", why: `the file of job ${jid} is gone, which Ansible removes when it has polled a job to a good end; longhaul attach ${run} writes that down, and the next run starts it anew` };
      if (state === "unreadable") return { state: "cannot", why: `the file of job ${jid} of run ${run} cannot be read; run as the user who has started it` };
      this.#around.say(job, state);
      return { state: "anew" };
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return { state: "cannot", why: problem.message };
    }
  }

  /** Of which run a job is that was joined. */
  joinedFrom(place: Pick<BridgeJob, "host" | "jid">): JoinedFrom | undefined {
    const job = [...this.#taken].find((each) => jobKey(each) === jobKey(place));
    return job === undefined ? undefined : { run: job.run, launchedAt: job.launchedAt };
  }

  async #stateOf({ host, jid, dir }: EarlierJob, variables: BridgeJob["variables"]): Promise<JobState> {
    const link = await this.#around.openHost(host, variables);
    try {
      for await (const event of link.request({ do: "show", jid, dir: dir ?? DEFAULT_ASYNC_DIR })) {
        if (event.event === "error") throw new Problem("unreachable", `${host}: ${event.message}`);
        if (event.event === "job") return stateOf(event.job, link.ready, link.now()).state;
      }
    } finally {
      await link.close();
    }
    throw new Problem("unreachable", `${host}: its agent says nothing of job ${jid}`);
  }
}

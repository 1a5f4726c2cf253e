// A link to the agent on one host: started over the host's command line, asked in JSON lines, ended with its standard input.
// Nothing is left on the host and no process here when a link is closed.

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { AgentEvent, AgentReady, AgentRequest } from "../../model/host.ts";
import { readAnswer, readReady } from "../../model/host.ts";
import { Problem } from "../../model/problem.ts";
import { codeOf, reasonOf } from "../reasons.ts";
import type { Askpass } from "./askpass.ts";
import { askpass } from "./askpass.ts";
import type { HostConnection } from "./connection.ts";
import { NO_PYTHON, SHELL_READY } from "./connection.ts";
import type { Ending } from "./link-problems.ts";
import { lostLink, neverReady, noPython, notStarted, tooSlow, unreachable } from "./link-problems.ts";

export interface AgentLink {
  readonly host: string;
  readonly ready: AgentReady;
  /** The host's clock now, in seconds since 1970, by what it said at first. */
  readonly now: () => number;
  /**
   * Asks, once somebody takes the first event. Ends with `done` or `error`; requests run side by side. Throws Problem unreachable when
   * the link is lost meanwhile. Who stops early gets no more of it, and the agent stops too.
   */
  readonly request: (request: AgentRequest) => AsyncGenerator<AgentEvent, void, void>;
  /** Settles when the link has ended: undefined after `close`, else why it was lost. */
  readonly ended: Promise<Problem | undefined>;
  /** Ends the agent. Settles when its processes here are gone. */
  readonly close: () => Promise<void>;
}

/** One host of many: its link, or why there is none. */
export type Opened = { readonly host: string; readonly link: AgentLink } | { readonly host: string; readonly problem: Problem };

export interface LinkOptions {
  /** Source of the agent, as `agentProgram` reads it. */
  readonly program: Uint8Array;
  /** Stops what is being set up. */
  readonly signal?: AbortSignal;
}

/** Links that are set up at the same time. Each costs a key exchange; more than a few per core gain nothing. */
const AT_ONCE = 20;
/** For login, sudo and the start of Python, beyond the time to connect. */
const START_SECONDS = 30;
/** After the end of its input the agent is given this long, then TERM, and as long again, then KILL. */
const CLOSE_GRACE_MS = 2000;
/** Pipes that a left-over grandchild holds open are let go. */
const DRAIN_MS = 500;
const ERROR_KEPT = 8 * 1024;
/** The agent keeps its lines under 2 MB. */
const LONGEST_LINE = 8 * 1024 * 1024;
/** What shells print before the agent starts: messages of the day. */
const MOST_NOISE = 256 * 1024;
/** Answers of one request that nobody has taken yet, in characters. */
const MOST_WAITING = 256 * 1024 * 1024;

/** The agent's source. */
export function agentProgram(): Uint8Array {
  return sourceOf("agent.py");
}

/** Beside the bundle, or in a checkout. */
function sourceOf(name: "agent.py" | "probes.py"): Buffer {
  try {
    return readFileSync(new URL(name, import.meta.url));
  } catch {
    return readFileSync(new URL(`../agent/${name}`, import.meta.url));
  }
}

/** Starts the agent on a host. Throws Problem unreachable with what to do next. */
export async function openLink(connection: HostConnection, { program, signal }: LinkOptions): Promise<AgentLink> {
  const session = new Session(connection, program);
  const stop = (): void => session.fail(unreachable(connection, "stopped before it was ready"));
  if (signal?.aborted === true) stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const ready = await session.ready;
    const readyMs = performance.now();
    return {
      host: connection.host,
      ready,
      now: () => ready.now + (performance.now() - readyMs) / 1000,
      request: (request) => session.request(request),
      ended: session.ended,
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Opens many links, `atOnce` at a time, each given as soon as it is ready or has failed. The caller closes them. Who stops early leaves none half open. */
export async function* openLinks(connections: readonly HostConnection[], options: LinkOptions & { readonly atOnce?: number }): AsyncGenerator<Opened, void, void> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const underWay = new Map<HostConnection, Promise<readonly [HostConnection, Opened]>>();
  const open = async (connection: HostConnection): Promise<readonly [HostConnection, Opened]> => {
    const { host } = connection;
    try {
      return [connection, { host, link: await openLink(connection, { program: options.program, signal }) }];
    } catch (error) {
      if (error instanceof Problem) return [connection, { host, problem: error }];
      throw error;
    }
  };
  let next = 0;
  try {
    while (next < connections.length || underWay.size > 0) {
      for (; next < connections.length && underWay.size < (options.atOnce ?? AT_ONCE); next += 1) {
        const connection = connections[next];
        if (connection !== undefined) underWay.set(connection, open(connection));
      }
      const [connection, opened] = await Promise.race(underWay.values());
      underWay.delete(connection);
      yield opened;
    }
  } finally {
    stop.abort();
    const rest = await Promise.allSettled(underWay.values());
    await Promise.all(rest.map(async (each) => each.status === "fulfilled" && "link" in each.value[1] ? each.value[1].link.close() : undefined));
  }
}

/** Events of one request on their way to who asked. */
interface Inbox {
  readonly events: { readonly event: AgentEvent; readonly size: number }[];
  waiting: number;
  wake: () => void;
}

class Session {
  readonly ready: Promise<AgentReady>;
  readonly ended: Promise<Problem | undefined>;
  readonly #connection: HostConnection;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #inboxes = new Map<number, Inbox>();
  readonly #start: PromiseWithResolvers<AgentReady> = Promise.withResolvers();
  readonly #deadline: NodeJS.Timeout;
  readonly #askpass: Askpass | undefined;
  #program: Uint8Array | undefined;
  #isReady = false;
  #passwordIsSent = false;
  #asked = 0;
  #pending = "";
  #noise = 0;
  #error = "";
  /** Why it is over; set once. */
  #problem: Problem | undefined;
  #isClosing = false;
  #isGone = false;

  constructor(connection: HostConnection, program: Uint8Array) {
    this.#connection = connection;
    this.#program = program;
    this.ready = this.#start.promise;
    const [file, ...args] = connection.command;
    // A group of its own: an interrupt at the terminal is for us to handle, and nobody in it can ask at the terminal.
    this.#askpass = connection.loginPassword === undefined ? undefined : askpass(connection.loginPassword);
    this.#child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], detached: true, env: { ...process.env, ...this.#askpass?.env } });
    const seconds = connection.timeoutSeconds + START_SECONDS;
    this.#deadline = setTimeout(() => this.fail(tooSlow(connection, seconds)), seconds * 1000);
    this.ended = this.#watch();
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => this.#takeError(text));
    // What cannot be written shows in the end of the program.
    this.#child.stdin.on("error", () => undefined);
    if (connection.becomePassword === undefined) this.#sendProgram();
  }

  /** Ends the session for a reason. */
  fail(problem: Problem): void {
    this.#problem ??= problem;
    this.#start.reject(this.#problem);
    this.#signal("SIGTERM");
    void this.close();
  }

  async *request(request: AgentRequest): AsyncGenerator<AgentEvent, void, void> {
    const id = (this.#asked += 1);
    const inbox: Inbox = { events: [], waiting: 0, wake: () => undefined };
    this.#inboxes.set(id, inbox);
    // The program of the probes is only sent where it is needed.
    const program = request.do === "probe" ? { program: sourceOf("probes.py").toString("utf8") } : {};
    this.#write(`${JSON.stringify({ ...request, ...program, id })}\n`);
    let isOver = false;
    try {
      for (;;) {
        const taken = inbox.events.splice(0);
        inbox.waiting = 0;
        for (const { event } of taken) {
          isOver = event.event === "done" || event.event === "error";
          yield event;
          if (isOver) return;
        }
        if (inbox.events.length > 0) continue;
        if (this.#isGone || this.#problem !== undefined || this.#isClosing) throw this.#problem ?? unreachable(this.#connection, "the link was closed");
        await new Promise<void>((resolve) => {
          inbox.wake = resolve;
        });
      }
    } finally {
      this.#inboxes.delete(id);
      if (!isOver) this.#write(`${JSON.stringify({ id: (this.#asked += 1), do: "cancel", target: id })}\n`);
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#child.stdin.end();
    this.#wakeAll();
    const term = setTimeout(() => this.#signal("SIGTERM"), CLOSE_GRACE_MS);
    const kill = setTimeout(() => this.#signal("SIGKILL"), 2 * CLOSE_GRACE_MS);
    await this.ended;
    clearTimeout(term);
    clearTimeout(kill);
  }

  /** Settles after the last byte, or soon after the end of the process where somebody else holds its pipes. */
  async #watch(): Promise<Problem | undefined> {
    const child = this.#child;
    const ending = await new Promise<Ending | Problem>((resolve) => {
      child.once("error", (error) => resolve(notStarted(this.#connection, codeOf(error) === "ENOENT" ? "not found" : reasonOf(error))));
      child.once("exit", (code) => {
        const over = (): void => resolve({ connection: this.#connection, code, error: this.#error });
        const drain = setTimeout(over, DRAIN_MS);
        child.once("close", () => {
          clearTimeout(drain);
          over();
        });
      });
    });
    this.#startIsOver();
    for (const stream of child.stdio) stream?.destroy();
    this.#isGone = true;
    if (!this.#isReady) this.#problem ??= ending instanceof Problem ? ending : neverReady(ending);
    else if (!this.#isClosing) this.#problem ??= ending instanceof Problem ? ending : lostLink(ending);
    if (this.#problem !== undefined) this.#start.reject(this.#problem);
    this.#wakeAll();
    return this.#problem;
  }

  #startIsOver(): void {
    clearTimeout(this.#deadline);
    this.#askpass?.remove();
  }

  #sendProgram(): void {
    const program = this.#program;
    if (program === undefined) return;
    this.#program = undefined;
    this.#write(`${program.byteLength}\n`);
    this.#write(program);
  }

  #write(data: string | Uint8Array): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(data);
  }

  #take(text: string): void {
    const lines = (this.#pending + text).split("\n");
    this.#pending = lines.pop() ?? "";
    for (const line of lines) {
      if (this.#isReady) this.#answer(line);
      else this.#firstLine(line);
    }
    if (this.#pending.length > LONGEST_LINE) this.fail(unreachable(this.#connection, "the agent's answer has no end"));
  }

  #firstLine(line: string): void {
    const value = parsed(line);
    const ready = readReady(value);
    if (ready !== undefined) {
      this.#isReady = true;
      this.#startIsOver();
      this.#start.resolve(ready);
      return;
    }
    if (line.trim() === SHELL_READY) this.#sendProgram();
    else if (line.trim() === NO_PYTHON) this.fail(noPython(this.#connection));
    this.#noise += line.length;
    if (this.#noise > MOST_NOISE) this.fail(unreachable(this.#connection, "its login prints without end; look into the start-up files of its shell"));
  }

  #answer(line: string): void {
    const answer = readAnswer(parsed(line));
    const inbox = answer === undefined ? undefined : this.#inboxes.get(answer.id);
    if (answer === undefined || inbox === undefined) return;
    inbox.events.push({ event: answer.event, size: line.length });
    inbox.waiting += line.length;
    if (inbox.waiting > MOST_WAITING) this.fail(unreachable(this.#connection, "it answers faster than the answers are taken"));
    inbox.wake();
  }

  /** The last part is kept for a message; the prompt of sudo or su is answered, once. */
  #takeError(text: string): void {
    this.#error = (this.#error + text).slice(-ERROR_KEPT);
    const { becomePassword: password, becomePrompt } = this.#connection;
    // Once the program was asked for nobody asks any more.
    if (this.#program === undefined || password === undefined || !becomePrompt.test(this.#error)) return;
    this.#error = this.#error.replace(becomePrompt, "");
    if (this.#passwordIsSent) this.fail(neverReady({ connection: this.#connection, code: 1, error: "Sorry, try again" }));
    else this.#write(`${password}\n`);
    this.#passwordIsSent = true;
  }

  #wakeAll(): void {
    for (const inbox of this.#inboxes.values()) inbox.wake();
  }

  /** To the whole group: jump hosts are reached by processes of their own. A process that is gone, or root's, is left. */
  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#isGone) return;
    try {
      process.kill(-pid, signal);
    } catch {
      this.#child.kill(signal);
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

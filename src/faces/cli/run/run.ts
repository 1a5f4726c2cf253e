// `longhaul run`: ansible-playbook as it is, with a supervisor beside it. This process is that supervisor: when it is gone, the play goes on.

import { asksOnly, misplacedOption, playbooksOf, withoutSecrets } from "../../../engine/run/arguments.ts";
import { measurementsOfRun } from "../../../engine/durations/of-run.ts";
import { keepDurations } from "../../../engine/keep-durations.ts";
import { createFold } from "../../../engine/run/fold.ts";
import { Supervisor } from "../../../engine/run/supervisor.ts";
import type { BridgeSettings, RunWorld } from "../../../engine/ports.ts";
import { printable } from "../../../model/printable.ts";
import { Problem } from "../../../model/problem.ts";
import type { RunFact } from "../../../model/run-event.ts";
import { EXEC_PLAYBOOK } from "../../../model/run.ts";
import { JOURNAL } from "../../../model/run-event.ts";
import { projectRoot } from "../project-root.ts";
import type { World } from "../world.ts";
import { closing, tellLeft } from "./closing.ts";
import type { Reattach } from "./reattach.ts";
import { reattach } from "./reattach.ts";
import type { RunOptions, Running } from "./running.ts";
import { createScreen } from "./screen.ts";

const PROGRAM = "ansible-playbook";
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Out: ansible-playbook's own exit code. Throws Problem. */
export async function runPlaybook(world: World, options: RunOptions): Promise<number> {
  const around = await world.run();
  if (asksOnly(options.args)) return passedOn(around, options.args);
  const misplaced = misplacedOption(options.args);
  if (misplaced !== undefined) throw new Problem("bad-usage", `${misplaced} is longhaul's own and stands before what goes to ansible-playbook: longhaul run ${misplaced} …`);
  if (playbooksOf(options.args).length === 0) throw new Problem("bad-usage", "no playbook is named; longhaul run [options] PLAYBOOK, with the options of ansible-playbook");
  return supervised(world, around, options);
}

/** Out: the exit code: ansible-playbook's, unless the play is our own. Throws Problem. */
export async function supervised(world: World, around: RunWorld, options: RunOptions): Promise<number> {
  const { own } = options;
  const settings = around.bridgeSettings();
  const toJson = options.json === undefined ? undefined : around.openStream(options.json);
  const before = await reattach(world, around, { options, note: (text) => (world.live === undefined ? world.err(`longhaul: ${text}\n`) : running.screen.line(`longhaul: ${text}`)) });
  const running = prepared(world, { around, options, toJson, before });
  before.warn();
  const socket = await around.listenToBridge({ take: (news) => running.supervisor.take(news), answer: async (question) => (question.kind === "join" ? before.joiner.answer(question) : running.supervisor.answer(question)) });
  try {
    const args = own === undefined ? options.args : [...options.args, running.record.keep(EXEC_PLAYBOOK, own.playbook)];
    const argv = [PROGRAM, ...(settings.library === undefined ? [] : ["-M", settings.library]), ...args];
    running.tell({ type: "run-started", journal: JOURNAL, run: running.record.id, argv: [PROGRAM, ...withoutSecrets(args)], directory: world.directory, pid: around.pid });
    const { code, signal, interrupt } = await played(running, { argv, env: { ...environment(world, { settings, socket: socket.path, log: running.record.logPath }), ...before.environment(running.record), ...own?.environment }, isJoined: world.terminal && around.isErrorTerminal });
    if (own !== undefined) await running.supervisor.drained();
    running.screen.stop();
    if (interrupt !== undefined) own?.hush();
    if (interrupt !== undefined) await closing(world, running, interrupt);
    else if (own === undefined) tellLeft(world, running);
    running.tell({ type: "run-ended", code, signal });
    const unkept = await keepDurations(world.openHistory, measurementsOfRun(running.fold.run(), projectRoot(world)));
    if (unkept !== undefined) world.err(`longhaul: ${printable(unkept)}\n`);
    const said = code ?? 128 + (SIGNAL_NUMBERS[signal ?? ""] ?? 0);
    const exit = own === undefined ? said : own.tellEnd(running, said);
    if (exit !== 0) {
      const { explainFailure } = await import("./explain-failure.ts");
      await explainFailure(world, running);
    }
    return exit;
  } finally {
    running.screen.stop();
    await running.supervisor.close();
    await socket.close();
    const problem = running.record.problem();
    running.record.close();
    if (problem !== undefined) world.err(`longhaul: the journal of this run is not whole: ${problem}; make room in ${printable(running.record.logPath)}'s file system\n`);
  }
}

/** A question to ansible-playbook: nothing of ours is in it. */
async function passedOn(around: RunWorld, args: readonly string[]): Promise<number> {
  const child = await around.startPlaybook({ argv: [PROGRAM, ...args], env: {}, isJoined: false, onOutput: around.write });
  const { code, signal } = await child.ended;
  return code ?? 128 + (SIGNAL_NUMBERS[signal ?? ""] ?? 0);
}

interface Preparation {
  readonly around: RunWorld;
  readonly options: RunOptions;
  readonly toJson: ((text: string) => void) | undefined;
  readonly before: Reattach;
}

function prepared(world: World, { around, options, toJson, before }: Preparation): Running {
  const { own } = options;
  const record = around.createRun();
  const fold = createFold();
  const tell = (fact: RunFact): void => {
    const event = { at: around.timer.now(), ...fact };
    record.append(event);
    fold.take(event);
    before.see(event, fold.run());
    toJson?.(`${JSON.stringify(event)}\n`);
    screen.event(event);
  };
  const supervisor = new Supervisor({ openHost: around.openHost, timer: around.timer, record: tell, joinedFrom: (job) => before.joiner.joinedFrom(job), followsOutput: world.terminal || own !== undefined, ...(own === undefined ? {} : { onOutput: (job, output) => own.onOutput(running, job, output) }) });
  const screen = createScreen(world, { around, fold, supervisor, isQuiet: options.isQuiet });
  const running = { around, record, fold, supervisor, screen, options, tell };
  return running;
}

function environment(world: World, { settings, socket, log }: { readonly settings: BridgeSettings; readonly socket: string; readonly log: string }): Readonly<Record<string, string>> {
  const wantsColour = world.terminal && !settings.isColourless;
  return { LONGHAUL_SOCKET: socket, LONGHAUL_OUTPUT: log, ANSIBLE_CALLBACK_PLUGINS: settings.callbackPlugins, ...(wantsColour ? { ANSIBLE_FORCE_COLOR: "1" } : {}) };
}

interface Play {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly isJoined: boolean;
}

/** Plays to the end. A signal goes on to ansible-playbook, unless the terminal has sent it there already. */
async function played(running: Running, play: Play): Promise<{ readonly code: number | null; readonly signal: string | null; readonly interrupt: string | undefined }> {
  const { around, record, screen } = running;
  let interrupt: string | undefined;
  const child = await begun(running, {
    ...play,
    onOutput: (stream, bytes) => {
      record.log(bytes);
      screen.output(stream, bytes);
    },
  });
  const release = around.onSignal((name) => {
    interrupt = name;
    if (name !== "SIGINT" || !around.hasForeground()) child.signal(name);
  });
  try {
    const { code, signal } = await child.ended;
    return { code, signal, interrupt };
  } finally {
    release();
  }
}

/** Starts it. A run that cannot begin has an end too. */
async function begun({ around, tell }: Running, request: Parameters<RunWorld["startPlaybook"]>[0]): ReturnType<RunWorld["startPlaybook"]> {
  try {
    return await around.startPlaybook(request);
  } catch (problem) {
    tell({ type: "run-ended", code: null, signal: null });
    throw problem;
  }
}

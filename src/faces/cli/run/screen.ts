// What is seen of a run while it goes on: Ansible's own output as it is, and what its jobs do.

import type { RunFold } from "../../../engine/run/fold.ts";
import type { Supervisor } from "../../../engine/run/supervisor.ts";
import type { RunWorld } from "../../../engine/ports.ts";
import type { RunEvent } from "../../../model/run-event.ts";
import type { Footer, createFooter } from "../footer.ts";
import type { World } from "../world.ts";
import type { Expected } from "./expected.ts";
import { eventLine, footerLines } from "./run-text.ts";

export interface Screen {
  readonly output: (stream: "out" | "err", bytes: Uint8Array) => void;
  readonly event: (event: RunEvent) => void;
  /** Prints a line of ours among Ansible's output. */
  readonly line: (text: string) => void;
  /** Nothing is drawn after it. */
  readonly stop: () => void;
}

export interface ScreenOptions {
  readonly around: RunWorld;
  readonly fold: RunFold;
  readonly supervisor: Supervisor;
  readonly isQuiet: boolean;
}

export function createScreen(world: World, options: ScreenOptions): Screen {
  return world.live === undefined ? plainScreen(world, options) : liveScreen(world, options);
}

/** Without a terminal: Ansible's bytes untouched, and a line on standard error where a job begins or ends. */
function plainScreen(world: World, { around, fold, isQuiet }: ScreenOptions): Screen {
  return {
    output: around.write,
    event: (event) => {
      const line = isQuiet ? undefined : eventLine(event, fold.run());
      if (line !== undefined) world.err(`longhaul: ${line}\n`);
    },
    line: (text) => world.out(`${text}\n`),
    stop: () => undefined,
  };
}

const TICK_MS = 1000;
/** A line that has no end after this time is a prompt: somebody has to answer it, so it must be seen. */
const PROMPT_MS = 300;

/** In a terminal: Ansible's output, and under it, while jobs run, a line for each. */
function liveScreen(world: World, { around, fold, supervisor, isQuiet }: ScreenOptions): Screen {
  const over = new AbortController();
  const decoder = new TextDecoder();
  let footer: Footer | undefined;
  /** The beginning of a line that is kept back, so that the footer is not drawn into it. */
  let rest = "";
  let isMidLine = false;
  let expected: Expected = () => undefined;
  let makeFooter: typeof createFooter | undefined;
  /** What only a run with jobs needs is loaded at the first of them: Ansible starts sooner. */
  const prepare = async (): Promise<void> => {
    ({ createFooter: makeFooter } = await import("../footer.ts"));
    show();
    const { expectedFromHistory } = await import("./expected.ts");
    expected = await expectedFromHistory(world);
  };
  let prepared: Promise<void> | undefined;
  const hide = (): void => {
    footer?.stop();
    footer = undefined;
    if (rest === "") return;
    world.out(rest);
    rest = "";
    isMidLine = true;
  };
  const show = (): void => {
    const lines = footerLines(fold.run(), around.timer.now(), { lastLine: (key) => supervisor.lastLine(key), expected });
    if (lines.length === 0) hide();
    else if (!isMidLine && makeFooter !== undefined) (footer ??= makeFooter(world)).set(lines);
  };
  const hideAtPrompt = async (seen: string): Promise<void> => {
    await world.clock.sleep(PROMPT_MS, over.signal);
    if (rest === seen) hide();
  };
  const tick = async (): Promise<void> => {
    while (!over.signal.aborted) {
      show();
      await world.clock.sleep(TICK_MS, over.signal);
    }
  };
  if (!isQuiet) void tick();
  return {
    output: (stream, bytes) => {
      // Standard error is not this terminal, or it would have come joined with standard output.
      if (stream === "err") return around.write("err", bytes);
      const text = decoder.decode(bytes, { stream: true });
      if (footer === undefined) {
        world.out(text);
        if (text !== "") isMidLine = !text.endsWith("\n");
        return;
      }
      const all = rest + text;
      const end = all.lastIndexOf("\n") + 1;
      rest = all.slice(end);
      if (end > 0) footer.print(all.slice(0, end));
      if (rest !== "") void hideAtPrompt(rest);
    },
    event: (event) => {
      if (isQuiet) return;
      if (event.type === "job-launched") prepared ??= prepare();
      if (event.type === "job-launched" || event.type === "job-ended") show();
    },
    line: (text) => {
      if (footer !== undefined) return footer.print(`${text}\n`);
      world.out(`${isMidLine ? "\n" : ""}${text}\n`);
      isMidLine = false;
    },
    stop: () => {
      over.abort();
      hide();
    },
  };
}

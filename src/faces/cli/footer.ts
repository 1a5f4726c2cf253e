// A few lines that stay at the bottom of the terminal while other text is printed above them. Without a terminal nothing of them is shown.
// `withFooter` is for most; who makes one alone stops it at the end, and at an interrupt too.

import { cellsOf, shortened } from "./cells.ts";
import type { World } from "./world.ts";

export interface Footer {
  /** Replaces the lines: printable texts, colours may be in them. Shown at most five times a second, each cut to the width. */
  readonly set: (lines: readonly string[]) => void;
  /** Prints whole lines above the footer: on standard output, or on standard error. */
  readonly print: (text: string, where?: "out" | "err") => void;
  /** Takes the lines away; nothing is drawn after it. */
  readonly stop: () => void;
}

const REDRAW_MS = 200;

/** The parts of the world that a footer needs. */
type FooterWorld = Pick<World, "out" | "err" | "live" | "clock">;

export function createFooter(world: FooterWorld): Footer {
  const { live } = world;
  if (live === undefined) return { set: () => undefined, print: (text, where = "out") => world[where](text), stop: () => undefined };
  const over = new AbortController();
  let wanted: readonly string[] = [];
  let drawn: readonly string[] = [];
  let drawnAtMs = -REDRAW_MS;
  let isDue = false;

  /** Sequences that take away what is drawn. In a terminal that was made narrower meanwhile each line may have become several. */
  const erased = (): string => {
    const { columns } = live.size();
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(cellsOf(line) / columns)), 0);
    drawn = [];
    return rows === 0 ? "" : `\r\u001b[${rows}A\u001b[J`;
  };
  /** The lines as they fit: one row each, and at least one row of the terminal left for the text above. */
  const fitting = (): readonly string[] => {
    const { columns, rows } = live.size();
    const most = Math.max(1, rows - 2);
    const shown = wanted.length <= most ? wanted : [...wanted.slice(0, most - 1), `… and ${wanted.length - most + 1} more`];
    // The last column stays free: some terminals break the line as soon as it is used.
    return shown.map((line) => shortened(line, columns - 1));
  };
  const draw = (above = ""): void => {
    const before = erased();
    drawn = fitting();
    drawnAtMs = world.clock.nowMs();
    world.out(before + above + drawn.map((line) => `${line}\n`).join(""));
  };
  const drawSoon = async (): Promise<void> => {
    isDue = true;
    await world.clock.sleep(drawnAtMs + REDRAW_MS - world.clock.nowMs(), over.signal);
    isDue = false;
    if (!over.signal.aborted) draw();
  };
  const unlisten = live.onResize(() => draw());
  return {
    set: (lines) => {
      wanted = lines;
      if (!isDue && !over.signal.aborted) void drawSoon();
    },
    print: (text, where = "out") => {
      if (over.signal.aborted) world[where](text);
      else if (where === "out") draw(text);
      else {
        world.out(erased());
        world.err(text);
        draw();
      }
    },
    stop: () => {
      if (over.signal.aborted) return;
      over.abort();
      unlisten();
      world.out(erased());
    },
  };
}

/** Makes a footer for as long as something takes; it goes away at the end of that, and at an interrupt. */
export async function withFooter<Result>(world: FooterWorld & Pick<World, "onInterrupt">, use: (footer: Footer) => Promise<Result>): Promise<Result> {
  const footer = createFooter(world);
  const release = world.onInterrupt(footer.stop);
  try {
    return await use(footer);
  } finally {
    release();
    footer.stop();
  }
}

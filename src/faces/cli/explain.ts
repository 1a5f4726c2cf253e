// `longhaul explain`: a mode's page, or the modes that print a message.

import type { Mode } from "../../model/mode.ts";
import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import { createStyle, wrap } from "./style.ts";
import type { World } from "./world.ts";

/** In: a mode's id, or words of a message. Out: the exit code. Throws Problem no-such-mode. */
export async function runExplain(world: World, query: string | undefined): Promise<number> {
  const modes = await world.modes();
  if (query === undefined) {
    world.out(listText(world, modes));
    return 0;
  }
  const mode = modes.find((each) => each.id === query);
  if (mode !== undefined) {
    const page = world.pageOf(mode.id) ?? `${mode.title}\n\n${mode.why}\n\n${mode.do}\n`;
    world.out(pageText(page, world.terminal ? world.columns : undefined));
    return 0;
  }
  const matching = modesForMessage(modes, query);
  if (matching.length === 0) {
    throw new Problem("no-such-mode", `no mode is called "${printable(query)}" and none is known to print it; ${nearest(modes, query)}`);
  }
  world.out(matchesText(world, query, matching));
  return 0;
}

/** In: a mode's page (Markdown) and the width of a terminal, if it is for one. Out: the page, its paragraphs wrapped, its links as plain text. */
function pageText(page: string, columns: number | undefined): string {
  if (columns === undefined) return page;
  let inCode = false;
  const blocks = page.split(/\n{2,}/).map((block) => {
    const fences = block.match(/^```/gm)?.length ?? 0;
    const isProse = !inCode && fences === 0 && !/^(?:#|[-*|>]|\d+\.| {4})/m.test(block);
    if (fences % 2 === 1) inCode = !inCode;
    const plain = inCode || fences > 0 ? block : block.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1");
    return isProse ? wrap(plain.trim(), columns, "") : plain;
  });
  return `${blocks.join("\n\n").trimEnd()}\n`;
}

/** What somebody may have meant: the mode that shares the most words of its id. */
function nearest(modes: readonly Mode[], query: string): string {
  const words = new Set(query.toLowerCase().split(/[^a-z]+/));
  const shared = (mode: Mode): number => mode.id.split("-").filter((word) => words.has(word)).length;
  const [best] = modes.toSorted((a, b) => shared(b) - shared(a));
  return best !== undefined && shared(best) >= 2 ? `did you mean ${best.id}?` : "longhaul explain lists all modes";
}

function listText(world: World, modes: readonly Mode[]): string {
  const style = createStyle(world.color);
  const lines = modes.map((mode) => `${style.bold(mode.id)}\n${wrap(mode.title, world.columns, "    ")}`);
  return `${lines.join("\n")}\n\n${modes.length} modes; longhaul explain MODE shows one.\n`;
}

/** In: the catalogue and a message as somebody met it. Out: the modes that print it, those with the longest matching text first. */
function modesForMessage(modes: readonly Mode[], message: string): readonly Mode[] {
  const wanted = normal(message);
  const scored = modes.map((mode) => ({ mode, score: Math.max(0, ...mode.messages.map(({ text }) => matchLength(text, wanted))) }));
  return scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score).map(({ mode }) => mode);
}

/** How many characters of a message pattern are found in the text, 0 where it does not match. `*` stands for anything. */
function matchLength(pattern: string, text: string): number {
  const parts = normal(pattern).split("*").filter((part) => part.trim().length > 0);
  let at = 0;
  for (const part of parts) {
    const found = text.indexOf(part.trim(), at);
    if (found === -1) return normal(pattern).replaceAll("*", "").includes(text) && text.length >= SHORTEST ? text.length : 0;
    at = found + part.trim().length;
  }
  return parts.join("").length;
}

/** Fewer characters than this match by chance. */
const SHORTEST = 8;

function normal(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, " ").trim();
}

function matchesText(world: World, query: string, modes: readonly Mode[]): string {
  const style = createStyle(world.color);
  const lines = modes.map((mode) => `${style.bold(mode.id)}\n${wrap(`${mode.title}. ${mode.do}`, world.columns, "    ")}`);
  const which = modes.length === 1 ? "One mode prints" : `${modes.length} modes print`;
  const hint = modes.length === 1 ? "" : "\nWhich one it is shows in the log: longhaul diagnose LOG";
  return `${which} "${printable(query)}":\n\n${lines.join("\n")}\n${hint}\nlonghaul explain MODE shows the page of one.\n`;
}

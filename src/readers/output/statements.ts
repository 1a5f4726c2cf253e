// What the lines that are one short statement mean for the story.

import type { Quote } from "../../model/story.ts";
import type { LineKind } from "./line-bytes.ts";
import { readRetry } from "./retry-book.ts";
import { safeName } from "./safe-text.ts";
import { readAsync, readBanner, readLimit, readTaskPath, readVersion } from "./short-lines.ts";
import type { StoryBuilder } from "./story-builder.ts";

export interface QuotedText {
  readonly text: string;
  /** Made only where it is kept. */
  readonly quote: () => Quote;
}

/** A heading. Out: whether the lines below are the recap; nothing where it is no heading. */
export function noteBanner(story: StoryBuilder, { text, quote }: QuotedText): boolean | undefined {
  const banner = readBanner(text);
  if (banner === undefined) return undefined;
  story.seen("text");
  if (banner.checkMode) story.check();
  if (banner.kind === "play") story.startPlay(banner.name);
  if (banner.kind === "task" || banner.kind === "handler") story.startTask(banner.name, banner.kind === "handler", quote());
  if (banner.kind === "playbook") {
    story.atLeast(2);
    story.playbook(safeName(banner.name));
  }
  return banner.kind === "recap";
}

/** A line that begins with `<host>`: what -vvv shows. In: its beginning. */
export function noteCommand(story: StoryBuilder, head: string): void {
  if (/^<[^>]{1,250}> (?:EXEC|ESTABLISH|PUT|SSH: EXEC) /.test(head)) story.atLeast(3);
}

/** The command of a launch tells the limit. */
export function noteLimit(story: StoryBuilder, text: string): void {
  const limit = readLimit(text);
  if (limit !== undefined) story.limit(limit.base, limit.seconds);
}

export function noteStatement(story: StoryBuilder, kind: LineKind, { text, quote }: QuotedText): void {
  switch (kind) {
    case "async":
      noteAsync(story, text, quote);
      break;
    case "retry":
      noteRetry(story, text, quote);
      break;
    case "path":
      notePath(story, text);
      break;
    case "version":
      noteVersion(story, text);
      break;
    case "config":
      story.atLeast(1);
      break;
    case "cli":
      if (text.startsWith("check")) story.check();
      else story.atLeast(text.startsWith("verbosity") ? Number(/\d$/.exec(text)?.[0] ?? 0) : 4);
      break;
    default:
      break;
  }
}

function noteAsync(story: StoryBuilder, text: string, quote: () => Quote): void {
  const line = readAsync(text);
  if (line === undefined) return;
  story.seen("text");
  story.async({ ...line, quote: quote() });
}

function noteRetry(story: StoryBuilder, text: string, quote: () => Quote): void {
  const line = readRetry(text);
  if (line === undefined) return;
  story.seen("text");
  story.retry(line, quote);
}

function notePath(story: StoryBuilder, text: string): void {
  const place = readTaskPath(text);
  if (place === undefined) return;
  story.atLeast(2);
  story.tasks.place(story.tasks.task, place.file, place.line);
}

function noteVersion(story: StoryBuilder, text: string): void {
  const version = readVersion(text);
  if (version === undefined) return;
  story.core(version);
  story.atLeast(2);
}

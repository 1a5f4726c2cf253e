import assert from "node:assert/strict";
import { test } from "node:test";
import type { Footer } from "./footer.ts";
import { createFooter } from "./footer.ts";
import { fakeClock } from "./world.fake.ts";

interface Screen {
  readonly footer: Footer;
  readonly size: { columns: number; rows: number };
  readonly clock: ReturnType<typeof fakeClock>;
  /** What has been written since the last look, escapes readable. */
  readonly written: () => string;
  readonly resized: () => void;
}

function screen(columns = 20, rows = 6): Screen {
  const size = { columns, rows };
  const clock = fakeClock();
  let text = "";
  const acts = new Set<() => void>();
  const onResize = (act: () => void) => {
    acts.add(act);
    return () => acts.delete(act);
  };
  const footer = createFooter({ out: (each) => (text += each), err: (each) => (text += `<${each}>`), clock, live: { size: () => size, onResize } });
  const written = (): string => {
    const now = text.replaceAll("\u001b", "^");
    text = "";
    return now;
  };
  return { footer, size, clock, written, resized: () => [...acts].forEach((act) => act()) };
}

test("lines stay below what is printed, and are gone after the end", async () => {
  const { footer, clock, written } = screen();
  footer.set(["one", "two"]);
  await clock.sleep(0);
  assert.equal(written(), "one\ntwo\n");
  footer.print("news\n");
  assert.equal(written(), "\r^[2A^[Jnews\none\ntwo\n");
  footer.print("trouble\n", "err");
  assert.equal(written(), "\r^[2A^[J<trouble\n>one\ntwo\n");
  footer.stop();
  assert.equal(written(), "\r^[2A^[J");
  footer.set(["three"]);
  footer.print("after\n");
  footer.stop();
  await clock.sleep(1000);
  assert.equal(written(), "after\n");
});

test("many changes are drawn once in a fifth of a second, the last of them", async () => {
  const { footer, clock, written } = screen();
  footer.set(["0"]);
  await clock.sleep(1);
  assert.equal(written(), "0\n");
  for (let n = 1; n < 100; n += 1) footer.set([String(n)]);
  await clock.sleep(100);
  assert.equal(written(), "");
  await clock.sleep(200);
  assert.equal(written(), "\r^[1A^[J99\n");
});

test("lines are cut to the terminal, in cells and in rows", async () => {
  const { footer, clock, written } = screen(10, 5);
  footer.set(["0123456789", "日本語日本語", "three", "four"]);
  await clock.sleep(0);
  assert.equal(written(), "01234567…\n日本語日…\n… and 2 more\n".replace("… and 2 more", "… and 2 …"));
});

test("a terminal made narrower has broken the lines into more rows, and is drawn anew", async () => {
  const { footer, size, clock, written, resized } = screen(20);
  footer.set(["0123456789", "abc"]);
  await clock.sleep(0);
  written();
  size.columns = 5;
  resized();
  assert.equal(written(), "\r^[3A^[J012…\nabc\n");
  footer.stop();
  written();
  resized();
  assert.equal(written(), "");
});

test("without a terminal only what is printed is there", async () => {
  let text = "";
  const clock = fakeClock();
  const footer = createFooter({ out: (each) => (text += each), err: (each) => (text += `<${each}>`), clock });
  footer.set(["one"]);
  footer.print("a\n");
  footer.print("b\n", "err");
  await clock.sleep(1000);
  footer.stop();
  assert.equal(text, "a\n<b\n>");
});

import assert from "node:assert/strict";
import test from "node:test";
import { matrixOf } from "./matrix.ts";
import type { Recorded } from "./matrix.ts";

function recorded(series: string, variant: string, damage: "reproduced" | "absent"): Recorded {
  return {
    series,
    header: { mode: "m", variant, damage, core: `${series}.7`, python: "3.11.7", command: "", exit: 0, seconds: 7.6, date: "", proof: "", afterwards: [] },
  };
}

test("a cell tells reproduced, absent and not recorded apart", () => {
  const page = matrixOf(["m", "other"], [recorded("2.14", "main", "reproduced"), recorded("2.17", "main", "absent"), recorded("2.14", "b", "reproduced")]);
  assert.match(page, /^\| mode \| 2\.14\.7 \| 2\.15 \| 2\.16 \| 2\.17\.7 \|/m);
  assert.match(page, /^\| `m` \| 8 s \|  \|  \| \*\*no\*\* \|  \|  \|  \|  \|$/m);
  assert.match(page, /^\| `other` \|  \|/m);
  assert.match(page, /^\| `m`: b \| 8 s \|/m);
});

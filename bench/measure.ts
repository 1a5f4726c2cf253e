// Runs a program and measures it: wall and CPU seconds with those of its children, and peak memory.

import { spawnSync } from "node:child_process";

export interface Cost {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

/** Python has what Node lacks: the resources that a child has used (getrusage). */
const METER = `
import json, resource, subprocess, sys, time
before = resource.getrusage(resource.RUSAGE_CHILDREN)  # a wrapper script around python3 may have had children
start = time.monotonic()
# Into a pipe: grep stops at its first match when its output is /dev/null.
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([time.monotonic() - start, cpu, used.ru_maxrss / 1024, code]))
`;

/** In: a command line, and the exit codes that are right. Out: what one run cost. Throws when it ended otherwise. */
export function measure(command: readonly string[], exits: readonly number[]): Cost {
  const meter = spawnSync("python3", ["-c", METER, ...command], { encoding: "utf8" });
  if (meter.status !== 0) throw new Error(`${command.join(" ")}: ${meter.stderr}`);
  const [wallSeconds = 0, cpuSeconds = 0, peakMegabytes = 0, code = -1] = JSON.parse(meter.stdout) as number[];
  if (!exits.includes(code)) throw new Error(`${command.join(" ")}: exit ${code}`);
  return { wallSeconds, cpuSeconds, peakMegabytes };
}

/** The run with the least CPU of several: what disturbs only adds. Its memory is the most that any took. Runs of A and B are interleaved by the caller. */
export function best(costs: readonly Cost[]): Cost {
  const [first, ...rest] = costs;
  if (first === undefined) throw new Error("nothing was measured");
  const least = rest.reduce((one, cost) => (cost.cpuSeconds < one.cpuSeconds ? cost : one), first);
  return { ...least, peakMegabytes: Math.max(...costs.map((cost) => cost.peakMegabytes)) };
}

/** True when a program is on PATH and runs. */
export function isThere(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

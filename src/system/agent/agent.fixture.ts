// For tests of the agent: the Pythons that are here, and the agent asked for one thing as a client asks.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

export const SOURCE: string = readFileSync(join(import.meta.dirname, "agent.py"), "utf8");
export const STARTER = 'import sys;f=getattr(sys.stdin,"buffer",sys.stdin);exec(compile(f.read(int(f.readline())),"longhaul-agent","exec"))';
/** What a link adds to a probe request. */
export const PROBES: string = readFileSync(join(import.meta.dirname, "probes.py"), "utf8");

/** One of each version, by path. In: a directory without any module in it. */
export function pythonsHere(directory: string): readonly string[] {
  const versions = join(homedir(), ".pyenv/versions");
  const own = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, "bin/python")) : [];
  const names = ["python2.7", "python3", ...Array.from({ length: 10 }, (_, n) => `python3.${n + 5}`)];
  const onPath = (process.env["PATH"] ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = new Map<string, string>();
  for (const path of [...onPath, ...own]) {
    if (!existsSync(path)) continue;
    const { status, stdout } = spawnSync(path, ["-c", "import sys;print('%d.%d %s' % (sys.version_info[:2] + (sys.executable,)))"], { encoding: "utf8", cwd: directory });
    // The path may be a version manager's script; what it starts is asked for.
    const [version, executable] = stdout.trim().split(" ");
    if (status === 0 && version !== undefined && executable !== undefined && !found.has(version)) found.set(version, executable);
  }
  return [...found.values()];
}

/** Where and as what an agent is started for one request. */
export interface Start {
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
}

/** Starts an agent, asks, and ends it. Out: its answers; what it says on standard error makes this throw. */
export async function askAgent(request: Readonly<Record<string, unknown>>, { python, env, directory }: Start): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const child = spawn(python, ["-c", STARTER], { env, cwd: directory, stdio: ["pipe", "pipe", "pipe"] });
  let [out, error] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (error += text));
  child.stdin.end(`${Buffer.byteLength(SOURCE)}\n${SOURCE}${JSON.stringify({ id: 1, ...request })}\n`);
  await new Promise((resolve) => child.once("close", resolve));
  if (error !== "") throw new Error(error);
  return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Readonly<Record<string, unknown>>])).slice(1);
}

// Plays on this machine with a real ansible-core, plain and with the bridge, for the tests of the bridge.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { compareSeries } from "../proofs/series.ts";
import { ansibleBin } from "../tools/ansible.ts";

const ROOT = join(import.meta.dirname, "..");
const LIBRARY = join(import.meta.dirname, "library");
const CACHE = join(ROOT, ".cache", "ansible");

export interface BridgeCore {
  /** 2.14 */
  readonly series: string;
  readonly bin: string;
}

function seriesOf(bin: string): string {
  const { stdout } = spawnSync(join(bin, "python"), ["-c", "import ansible.release as r; print('.'.join(r.__version__.split('.')[:2]))"], { encoding: "utf8" });
  return stdout.trim();
}

/** Every ansible-core that `npm run proofs` has made here, oldest first; where it never ran, the one that the other tests use. */
export function coresHere(): readonly BridgeCore[] {
  const names = existsSync(CACHE) ? readdirSync(CACHE).filter((name) => /^2\.\d+$/.test(name) && existsSync(join(CACHE, name, "bin/ansible-playbook"))) : [];
  if (names.length > 0) return names.toSorted(compareSeries).map((series) => ({ series, bin: join(CACHE, series, "bin") }));
  const bin = ansibleBin();
  return [{ series: seriesOf(bin), bin }];
}

/** Pythons of this machine by version, `2.7` and so on. */
export function pythonsHere(): ReadonlyMap<string, string> {
  const versions = join(homedir(), ".pyenv/versions");
  const own = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, "bin/python")) : [];
  const names = ["python2.7", "python3", ...Array.from({ length: 10 }, (_, n) => `python3.${n + 5}`)];
  const onPath = (process.env["PATH"] ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = new Map<string, string>();
  for (const path of ["/usr/bin/python3", ...own, ...onPath]) {
    if (!existsSync(path)) continue;
    const { status, stdout } = spawnSync(path, ["-c", "import sys;print('%d.%d %s' % (sys.version_info[:2] + (sys.executable,)))"], { encoding: "utf8" });
    const [version, executable] = stdout.trim().split(" ");
    if (status === 0 && version !== undefined && executable !== undefined && !found.has(version)) found.set(version, executable);
  }
  return found;
}

export interface Play {
  readonly core: BridgeCore;
  readonly bridge: boolean;
  /** The play's tasks as YAML, indented by four spaces. What a task registers in `r` is the answer. */
  readonly tasks: string;
  readonly python?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Further arguments of ansible-playbook. */
  readonly args?: readonly string[];
  readonly hosts?: string;
  /** That of the login, in octal digits. */
  readonly umask?: string;
}

/** What a play left: `r` as it was at the end, and all that was printed. */
export interface Played {
  readonly code: number | null;
  readonly output: string;
  readonly r: Readonly<Record<string, unknown>>;
}

/** A folder for plays, with an async directory of its own. */
export class Ground {
  readonly directory: string = realpathSync(mkdtempSync(join(tmpdir(), "longhaul-bridge-")));
  readonly asyncDirectory: string = join(this.directory, "jobs");

  constructor() {
    // An empty one: the settings of whoever runs the tests do not count.
    writeFileSync(join(this.directory, "ansible.cfg"), "");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  async play({ core, bridge, tasks, python = "/usr/bin/python3", env = {}, args = [], hosts = "localhost", umask = "022" }: Play): Promise<Played> {
    const playbook = join(mkdtempSync(join(this.directory, "play-")), "play.yml");
    writeFileSync(playbook, `- hosts: ${hosts}\n  gather_facts: false\n  tasks:\n${tasks}\n    - ansible.builtin.debug: {var: r}\n      when: r is defined\n`);
    const settings: NodeJS.ProcessEnv = {
      ...process.env,
      HOME: this.directory,
      ANSIBLE_CONFIG: join(this.directory, "ansible.cfg"),
      ANSIBLE_ASYNC_DIR: this.asyncDirectory,
      ANSIBLE_LOCALHOST_WARNING: "false",
      ANSIBLE_NOCOLOR: "1",
      ...(bridge ? { ANSIBLE_LIBRARY: LIBRARY } : {}),
      ...env,
    };
    const command = [join(core.bin, "ansible-playbook"), "-e", `ansible_python_interpreter=${python}`, ...args, playbook];
    const child = spawn("sh", ["-c", `umask ${umask}; exec "$@"`, "sh", ...command], { env: settings, cwd: this.directory, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    const shown = [...output.matchAll(/^ok: \[[^\]]+\] => (\{\n {4}"r": [^]*?\n\})/gm)].at(-1)?.[1];
    const { r } = (shown === undefined ? { r: {} } : JSON.parse(shown)) as { readonly r: Readonly<Record<string, unknown>> };
    return { code, output, r };
  }
}

/** Waits until something is there. Throws when it does not come. */
export async function until<T>(what: string, look: () => T | undefined | false, patienceMs: number = 60_000): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface LivingProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly args: readonly string[];
}

/** The processes of this machine that live and have a text in their arguments. Linux. */
export function processesWith(text: string): readonly LivingProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const args = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").slice(0, -1);
      if (!args.some((arg) => arg.includes(text))) return [];
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, ppid, pgid, sid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state === "Z" ? [] : [{ pid: Number(name), ppid: Number(ppid), pgid: Number(pgid), sid: Number(sid), args }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

// Plays generated playbooks on a real ansible-core, plain and supervised, and keeps what each of them gave.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Sshd } from "../../src/system/hosts/sshd.fixture.ts";
import type { Json } from "./compare.ts";
import type { Unit } from "./generate.ts";
import type { Start } from "./sheet.ts";

const MAIN = join(import.meta.dirname, "../../src/main.ts");
const CALLBACK = join(import.meta.dirname, "callback");

export type Way = "plain" | "supervised";

/** Where and with what it is played. */
export interface Setting {
  /** The folder of an ansible-core's programs. */
  readonly bin: string;
  readonly sshd: Sshd;
  /** A folder of the tests' own, which other users can enter; each way has one of its own in it. */
  readonly directory: string;
}

export interface Played {
  readonly code: number | null;
  readonly output: string;
  /** By id of the playbook, as far as it was played: what its hosts gave, task by task, the recap, and how many job files were left. */
  readonly gave: ReadonlyMap<string, Json>;
}

const ARGUMENTS: Readonly<Record<Start, readonly string[]>> = {
  usual: [], check: ["--check"], diff: ["--diff"], keep: [], "one fork": ["--forks", "1"], tags: ["--tags", "wanted,untagged"], "skip tags": ["--skip-tags", "unwanted"],
};

/** Puts playbooks together that may share a start: at most so many, and only the last one may end it. */
export function batches(units: readonly Unit[], size: number): readonly (readonly Unit[])[] {
  const made: Unit[][] = [];
  for (const [, group] of Map.groupBy(units, ({ start }) => start)) {
    const ends = group.filter(({ isLast }) => isLast);
    const others = group.filter(({ isLast }) => !isLast);
    while (others.length > 0 || ends.length > 0) made.push([...others.splice(0, size), ...ends.splice(0, 1)]);
  }
  return made;
}

export async function play(batch: readonly Unit[], way: Way, setting: Setting): Promise<Played> {
  const first = batch[0]?.id ?? "";
  const root = join(setting.directory, way, first);
  for (const folder of ["jobs", "shared", "scratch", "tmp"]) open(join(root, folder));
  writeUnits(batch, root, setting.sshd);
  const record = join(root, "record.jsonl");
  const args = ["-i", join(root, "inventory.yml"), "-e", `root=${root}`, ...ARGUMENTS[batch[0]?.start ?? "usual"], join(root, "all.yml")];
  const [file, ...before] = way === "plain" ? [join(setting.bin, "ansible-playbook")] : [process.execPath, MAIN, "run", "-q"];
  const child = spawn(file ?? "", [...before, ...args], { cwd: root, env: environment(batch, root, { record, bin: setting.bin }), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  const lines = existsSync(record) ? readFileSync(record, "utf8").trim().split("\n").map((line) => JSON.parse(line) as RecordLine) : [];
  return { code, output, gave: new Map(batch.flatMap(({ id }) => gaveOf(id, lines, root))) };
}

/** Every user's, as /tmp is. */
function open(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o1777);
}

function writeUnits(batch: readonly Unit[], root: string, sshd: Sshd): void {
  const hosts: Record<string, Json> = {};
  const [, common = ""] = /ansible_ssh_common_args: "(.*)"/.exec(readFileSync(sshd.inventory, "utf8")) ?? [];
  for (const { id, files, hosts: own } of batch) {
    for (const [path, text] of files) {
      const at = join(root, id, path);
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, text, { mode: 0o755 });
    }
    for (const [n, { name, connection, isPipelining }] of own.entries()) {
      hosts[name] = {
        ansible_connection: connection, ansible_host: `127.0.1.${n + 1}`, ansible_port: sshd.port, ansible_ssh_private_key_file: join(sshd.directory, "key"), ansible_ssh_common_args: common,
        ansible_pipelining: isPipelining, ansible_async_dir: `${root}/jobs/${id}`, ansible_remote_tmp: `${root}/tmp`, ansible_python_interpreter: "/usr/bin/python3",
      };
    }
  }
  writeFileSync(join(root, "inventory.yml"), JSON.stringify({ all: { hosts } }));
  writeFileSync(join(root, "ansible.cfg"), "");
  writeFileSync(join(root, "all.yml"), JSON.stringify(batch.map(({ id }) => ({ import_playbook: `${id}/site.yml` }))));
}

function environment(batch: readonly Unit[], root: string, { record, bin }: { readonly record: string; readonly bin: string }): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [bin, process.env["PATH"]].join(delimiter),
    ANSIBLE_CONFIG: join(root, "ansible.cfg"),
    ANSIBLE_CALLBACK_PLUGINS: CALLBACK,
    ANSIBLE_ASYNC_DIR: join(root, "jobs/local"),
    ANSIBLE_NOCOWS: "1",
    // A busy machine answers late, and what is compared is not that.
    ANSIBLE_TIMEOUT: "300",
    ANSIBLE_NOCOLOR: "1",
    ANSIBLE_HOST_KEY_CHECKING: "false",
    EQUAL_RECORD: record,
    LONGHAUL_STATE_DIR: join(root, "state"),
    ...(batch[0]?.start === "keep" ? { ANSIBLE_KEEP_REMOTE_FILES: "1" } : {}),
  };
}

/** A line of callback/equal.py. */
type RecordLine = { readonly host: string } & (
  | { readonly kind: "result"; readonly task: string; readonly status: string; readonly result: Json }
  | { readonly kind: "recap"; readonly recap: Json }
);

function gaveOf(id: string, lines: readonly RecordLine[], root: string): readonly (readonly [id: string, gave: Json])[] {
  const own = lines.filter(({ host }) => host.startsWith(`${id}-`));
  if (own.length === 0) return [];
  const hosts: Record<string, Json> = {};
  for (const [host, told] of Map.groupBy(own, (line) => line.host)) {
    const results: Record<string, Json> = {};
    let recap: Json = null;
    for (const [n, line] of told.entries()) {
      if (line.kind === "recap") recap = line.recap;
      else results[`${n + 1} ${line.task}`] = { status: line.status, result: unpacked(line.result, root) };
    }
    hosts[host] = { recap, results };
  }
  const jobs = join(root, "jobs", id);
  const jobFiles = existsSync(jobs) ? readdirSync(jobs).filter((name) => /^j?\d+\.\d+$/.test(name)).length : 0;
  return [[id, { jobFiles, hosts }]];
}

/** Without the paths of the way, and with the JSON in texts as JSON. */
function unpacked(value: Json, root: string): Json {
  if (typeof value === "string") {
    const text = value.replaceAll(root, "<root>");
    const inside = /^\s*[[{]/.test(text) ? parsed(text) : undefined;
    return inside === undefined ? text : unpacked(inside, root);
  }
  if (Array.isArray(value)) return value.map((each: Json) => unpacked(each, root));
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpacked(each as Json, root)]));
  return value;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

// Finds a real ansible-core for the demo and the tests, or makes one in .cache/ansible; `node tools/ansible.ts` prints its bin directory.
// The proofs have environments of their own, one for each version: proofs/cores.ts.

import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const WANTED = "ansible-core>=2.14,<2.22";
const CACHE = join(import.meta.dirname, "..", ".cache", "ansible");
const CURRENT = join(CACHE, "default");
/** Holds the folder's own path: scripts of an environment name it, so a checkout that was moved needs a new one. */
const READY = "ready.txt";
const ASK_TIMEOUT_MS = 60_000;
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const ABANDONED_AFTER_MS = 60 * 60_000;

/** The directory of a working `ansible-playbook`. Throws an Error of one line that says what to do when none can be had. */
export function ansibleBin(): string {
  const given = process.env["LONGHAUL_ANSIBLE_BIN"];
  if (given !== undefined && given !== "") {
    if (runs(join(given, "ansible-playbook"))) return given;
    throw new Error(`LONGHAUL_ANSIBLE_BIN is ${given}, and there is no ansible-playbook in it that runs; correct it or unset it.`);
  }
  return currentBin() ?? makeEnvironment() ?? binOnPath() ?? binOfDebian() ?? refuse();
}

function refuse(): never {
  throw new Error("No ansible-core found or made; install Python 3.9 or newer with its venv module, or set LONGHAUL_ANSIBLE_BIN to the folder of an ansible-playbook.");
}

/** The environment that an earlier call made, if it still works. */
function currentBin(): string | undefined {
  if (!existsSync(join(CURRENT, READY))) return undefined;
  const folder = realpathSync(CURRENT);
  const unmoved = readFileSync(join(folder, READY), "utf8") === folder;
  return unmoved && asks(join(folder, "bin", "python"), ["-c", "import ansible.release"]) ? join(folder, "bin") : undefined;
}

/**
 * Makes a private environment. Each call builds a folder of its own and publishes it with a symlink at the end,
 * so two at once do not meet and one that was killed leaves nothing that looks ready.
 */
function makeEnvironment(): string | undefined {
  const python = venvPython();
  if (python === undefined) return undefined;
  note(`making an environment with ${WANTED} (once) ...`);
  mkdirSync(CACHE, { recursive: true });
  removeAbandoned();
  const folder = join(realpathSync(CACHE), `default-${process.pid}-${Date.now()}`);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2", WANTED];
  if (installs(python, ["-m", "venv", folder]) && installs(join(folder, "bin", "python"), pip) && runs(join(folder, "bin", "ansible-playbook"))) {
    writeFileSync(join(folder, READY), folder);
    return publish(folder);
  }
  rmSync(folder, { recursive: true, force: true });
  note("that did not work; looking for another ansible-core");
  return undefined;
}

function publish(folder: string): string {
  const theirs = currentBin();
  if (theirs !== undefined) {
    rmSync(folder, { recursive: true, force: true });
    return theirs;
  }
  const link = `${folder}.link`;
  symlinkSync(folder, link);
  // An older layout or a copy made by hand may be a real folder, which rename does not replace.
  if (lstatSync(CURRENT, { throwIfNoEntry: false })?.isDirectory() === true) rmSync(CURRENT, { recursive: true });
  renameSync(link, CURRENT);
  return join(folder, "bin");
}

/** Folders of calls that were killed, and of environments that were replaced. */
function removeAbandoned(): void {
  const current = existsSync(CURRENT) ? realpathSync(CURRENT) : "";
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if (!name.startsWith("default-") || current.endsWith(`/${name}`)) continue;
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - since > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** A Python that can make environments; Debian keeps the module for it in a package of its own. */
function venvPython(): string | undefined {
  // The first may be a version manager's shim that names no version, and so does not run.
  const able = (): string | undefined => ["python3", "/usr/bin/python3"].find((python) => asks(python, ["-c", "import venv, ensurepip"]));
  return able() ?? (aptInstalls("python3-venv") ? able() : undefined);
}

function binOnPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.find((folder) => existsSync(join(folder, "ansible-playbook")) && runs(join(folder, "ansible-playbook")));
}

function binOfDebian(): string | undefined {
  return aptInstalls("ansible-core") ? binOnPath() : undefined;
}

function aptInstalls(name: string): boolean {
  if (process.getuid?.() !== 0 || !asks("apt-get", ["--version"])) return false;
  note(`installing Debian's ${name} ...`);
  const install = ["install", "-y", "-q", "--no-install-recommends", name];
  // The first try is enough where the package lists are there and current.
  return installs("apt-get", install) || (installs("apt-get", ["update", "-q"]) && installs("apt-get", install));
}

function runs(playbook: string): boolean {
  return existsSync(playbook) && asks(playbook, ["--version"]);
}

/** Runs a program for its exit code alone. */
function asks(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore", timeout: ASK_TIMEOUT_MS }).status === 0;
}

/** Runs a program that may take long; what it prints goes to standard error, because standard output is the answer. */
function installs(program: string, args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(program, args, { env, stdio: ["ignore", 2, 2], timeout: INSTALL_TIMEOUT_MS }).status === 0;
}

function note(text: string): void {
  console.error(`ansible: ${text}`);
}

if (import.meta.main) {
  try {
    console.log(ansibleBin());
  } catch (error) {
    console.error(`ansible: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 3;
  }
}

// Finds Pythons: on PATH and among pyenv's versions. A pyenv shim may exist and still not run, so each is tried first.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { askProgram } from "./programs.ts";

export interface FoundPython {
  readonly path: string;
  /** The 11 of 3.11. */
  readonly minor: number;
}

/** The Python to build a virtual environment with: the newest that is allowed, the first of these on the list. */
export function choosePython(allowed: readonly number[], found: readonly FoundPython[]): FoundPython | undefined {
  const fitting = found.filter((python) => allowed.includes(python.minor));
  const newest = Math.max(...fitting.map((python) => python.minor));
  return fitting.find((python) => python.minor === newest);
}

/** Every Python of the wanted minor versions that runs and can make virtual environments. */
export async function findPythons(minors: readonly number[]): Promise<readonly FoundPython[]> {
  const folders = [...pathFolders(), ...(await pyenvFolders())];
  const found: FoundPython[] = [];
  for (const minor of minors) {
    for (const folder of folders) {
      const path = join(folder, `python3.${minor}`);
      if (existsSync(path) && (await runsAs(path, minor))) found.push({ path, minor });
    }
  }
  return found;
}

async function runsAs(path: string, minor: number): Promise<boolean> {
  const code = "import sys, venv, ensurepip; print(sys.version_info[1])";
  const answer = await askProgram([path, "-c", code], 20_000);
  return answer.exitCode === 0 && answer.text.trim() === String(minor);
}

function pathFolders(): readonly string[] {
  return (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
}

async function pyenvFolders(): Promise<readonly string[]> {
  const asked = await askProgram(["pyenv", "root"], 20_000);
  const root = asked.exitCode === 0 ? asked.text.trim() : (process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"));
  const versions = join(root, "versions");
  if (!existsSync(versions)) return [];
  return readdirSync(versions).sort().map((version) => join(versions, version, "bin"));
}

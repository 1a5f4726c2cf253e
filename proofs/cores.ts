// One cached virtual environment for each ansible-core series, made on first use.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { askProgram } from "./programs.ts";
import { choosePython, findPythons } from "./pythons.ts";
import type { FoundPython } from "./pythons.ts";
import type { Series } from "./series.ts";

export interface Core {
  readonly series: string;
  /** For example 2.14.18. */
  readonly version: string;
  /** The controller's Python, for example 3.11.7. */
  readonly python: string;
  readonly bin: string;
}

/** A series that cannot be had here, and why. */
export interface MissingCore {
  readonly series: string;
  readonly reason: string;
}

const INSTALL_TIMEOUT_MS = 10 * 60_000;

/**
 * The environments of the wanted series.
 * In: the series and the folder of the cache. Out: those that are ready, and the others with the reason.
 */
export async function prepareCores(wanted: readonly Series[], cache: string): Promise<readonly (Core | MissingCore)[]> {
  const prepared: (Core | MissingCore)[] = [];
  let pythons: readonly FoundPython[] | undefined;
  for (const series of wanted) {
    const folder = join(cache, series.name);
    let core: Core | MissingCore | undefined = await readCore(series.name, folder);
    if (core === undefined) {
      pythons ??= await findPythons([...new Set(wanted.flatMap((one) => one.pythons))]);
      const reason = await install(series, folder, pythons);
      core = reason === undefined ? await readCore(series.name, folder) : { series: series.name, reason };
    }
    prepared.push(core ?? { series: series.name, reason: `${folder}/bin/ansible-playbook does not run` });
  }
  return prepared;
}

async function readCore(series: string, folder: string): Promise<Core | undefined> {
  const bin = join(folder, "bin");
  if (!existsSync(join(bin, "ansible-playbook"))) return undefined;
  // Not `ansible --version`: it needs a second or two, this a tenth of it.
  const code = "import sys, ansible.release; print(ansible.release.__version__, '.'.join(map(str, sys.version_info[:3])))";
  const answer = await askProgram([join(bin, "python"), "-c", code], 60_000);
  const [version = "", python = ""] = answer.text.trim().split(" ");
  return answer.exitCode === 0 && version.startsWith(`${series}.`) ? { series, version, python, bin } : undefined;
}

/** Makes the environment; the reason where that fails. */
async function install(series: Series, folder: string, pythons: readonly FoundPython[]): Promise<string | undefined> {
  const python = choosePython(series.pythons, pythons);
  if (python === undefined) return `no Python ${series.pythons.map((minor) => `3.${minor}`).join(", ")} that runs`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = await askProgram([python.path, "-m", "venv", folder], INSTALL_TIMEOUT_MS);
  if (made.exitCode !== 0) return lastLine(made.text);
  const pip = [join(folder, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] as const;
  const installed = await askProgram([...pip, `ansible-core~=${series.name}.0`], INSTALL_TIMEOUT_MS);
  if (installed.exitCode === 0) return undefined;
  rmSync(folder, { recursive: true, force: true });
  return installed.timedOut ? "pip did not end in time" : lastLine(installed.text);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "no output";
}

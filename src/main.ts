// The wiring: puts the world, the catalogue and the command line together.

import packageJson from "../package.json" with { type: "json" };
import { runCli } from "./faces/cli/program.ts";
import type { Mode } from "./model/mode.ts";
import { changedFiles } from "./system/git.ts";
import { installedCore } from "./system/installed-core.ts";
import { readChunks } from "./system/log-input.ts";
import type { AdHoc, KeptRuns, OpenHistory, OpenHosts, ReadAra, RunWorld } from "./engine/ports.ts";
import { pageOf } from "./system/pages.ts";
import { createFile, findYaml, projectFiles, replaceText } from "./system/project-files.ts";
import { terminal } from "./system/terminal.ts";

const askSecret = async (question: string): Promise<string | undefined> => (await import("./system/secret.ts")).askSecret(question);

/** Loaded when a command asks for hosts: the others start sooner without it. */
const openHosts: OpenHosts = async function* (request, expect) {
  const hosts = await import("./system/hosts/open.ts");
  yield* hosts.openHosts(request, expect);
};
const adHoc: AdHoc = async (request) => (await import("./system/hosts/ad-hoc.ts")).adHoc(request);

/** As with hosts. */
const modes = async (): Promise<readonly Mode[]> => (await import("./catalogue/index.ts")).modes;
const openHistory: OpenHistory = async (purpose) => (await import("./system/history.ts")).openHistory(purpose);
const readAra: ReadAra = async (path) => (await import("./system/ara-database.ts")).readAra(path);
const run = async (): Promise<RunWorld> => (await import("./system/run/world.ts")).runWorld;
const runs = async (): Promise<KeptRuns> => (await import("./system/run/kept-runs.ts")).keptRuns;

try {
  process.exitCode = await runCli(
    { version: packageJson.version, modes, files: projectFiles, findYaml, replaceText, createFile, readChunks, changedFiles, installedCore, openHosts, askSecret, adHoc, openHistory, readAra, run, runs, pageOf, variable: (name) => process.env[name], directory: process.cwd(), ...terminal() },
    process.argv.slice(2),
  );
} catch (bug) {
  console.error("longhaul: this is a fault of longhaul itself; please report it with the lines below.");
  console.error(bug);
  process.exitCode = 3;
}

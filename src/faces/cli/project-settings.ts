// What a lint run goes by: options first, then longhaul.yml, then what the collection says it requires.

import { join, normalize, relative } from "node:path/posix";
import type { Configuration } from "../../readers/configuration.ts";
import { readConfiguration } from "../../readers/configuration.ts";
import { readYaml } from "../../readers/yaml.ts";
import type { CoreRange } from "../../model/cores.ts";
import { coresOfSpecifier, parseCores } from "../../model/cores.ts";
import { positionAt } from "../../model/place.ts";
import { Problem } from "../../model/problem.ts";
import type { Profile } from "../../model/settings.ts";
import type { YamlNode } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import type { World } from "./world.ts";

export interface Asked {
  readonly paths: readonly string[];
  /** The configuration file; without it the nearest longhaul.yml counts. */
  readonly config?: string;
  readonly profile?: Profile;
  /** ansible-core versions as `--core` takes them; `installed` asks the ansible in PATH. */
  readonly core?: string;
  readonly baseline?: string;
}

export interface ProjectSettings {
  readonly paths: readonly string[];
  readonly excluded: { readonly root: string; readonly patterns: readonly string[] };
  readonly profile: Profile;
  readonly cores?: { readonly range: CoreRange; readonly from: string };
  readonly levels: Configuration["modes"];
  readonly baseline?: string;
  /** Whether measured durations count. */
  readonly history: boolean;
}

/** In: what was asked on the command line. Out: with the project's configuration filled in. Throws Problem for a configuration that cannot be used. */
export async function projectSettings(world: World, asked: Asked): Promise<ProjectSettings> {
  const found = await configurationOf(world, asked.config);
  const { root, configuration } = found ?? { root: ".", configuration: undefined };
  const below = (path: string): string => (path.startsWith("/") ? path : normalize(join(root, path)));
  const configured = (configuration?.paths ?? []).map(below);
  const ownBaseline = configuration?.baseline === undefined ? undefined : below(configuration.baseline);
  const baseline = asked.baseline ?? ownBaseline;
  const cores = coresOf(world, asked.core, found);
  return {
    paths: asked.paths.length > 0 ? asked.paths : configured.length > 0 ? configured : ["."],
    excluded: { root, patterns: configuration?.exclude ?? [] },
    profile: asked.profile ?? configuration?.profile ?? "default",
    ...(cores === undefined ? {} : { cores }),
    levels: configuration?.modes ?? new Map(),
    history: configuration?.history ?? true,
    ...(baseline === undefined ? {} : { baseline }),
  };
}

interface Found {
  readonly path: string;
  /** The directory that its paths are relative to. */
  readonly root: string;
  readonly configuration: Configuration;
}

const NAMES = ["longhaul.yml", "longhaul.yaml", ".config/longhaul.yml", ".config/longhaul.yaml"];

/** The nearest configuration: here or in a directory above, up to that of the git work tree. */
async function configurationOf(world: World, named: string | undefined): Promise<Found | undefined> {
  if (named !== undefined) {
    const directory = normalize(join(named, ".."));
    return readFound(world, { path: named, root: /(?:^|\/)\.config$/.test(directory) ? normalize(join(directory, "..")) : directory });
  }
  const depth = world.directory.split("/").filter((part) => part !== "").length;
  for (let up = 0; up <= depth; up += 1) {
    const root = up === 0 ? "." : Array.from({ length: up }, () => "..").join("/");
    const name = NAMES.find((each) => world.files.read(join(root, each)) !== undefined);
    if (name !== undefined) return readFound(world, { path: join(root, name), root });
    if (world.files.list(root).some((entry) => entry === ".git" || entry === ".git/")) return undefined;
  }
  return undefined;
}

async function readFound(world: World, { path, root }: { readonly path: string; readonly root: string }): Promise<Found> {
  const reading = world.files.read(path);
  if (reading === undefined) throw new Problem("no-such-path", `${path}: no such file; --config names the configuration of a project`);
  if (!reading.ok) throw new Problem("cannot-read", `${path}: ${reading.why}`);
  const modes = await world.modes();
  const result = readConfiguration(reading.text, modes.map((mode) => mode.id));
  if (!result.ok) {
    const { line, column } = positionAt(reading.text, result.at);
    throw new Problem("bad-configuration", `${path}:${line}:${column}: ${result.why}`);
  }
  return { path, root, configuration: result.configuration };
}

function coresOf(world: World, asked: string | undefined, found: Found | undefined): ProjectSettings["cores"] {
  if (asked === "installed") {
    const range = parseCores([world.installedCore()]);
    if (range === undefined) throw new Problem("bad-usage", "--core installed: `ansible --version` does not tell its version here; name it: --core 2.16");
    return { range, from: "the ansible in PATH" };
  }
  if (asked !== undefined) {
    const range = parseCores(asked.split(","));
    if (range === undefined) throw new Problem("bad-usage", `--core ${asked}: expected as 2.16, 2.14-2.18, 2.17+, or installed`);
    return { range, from: "--core" };
  }
  if (found?.configuration.cores !== undefined) return { range: found.configuration.cores, from: found.path };
  return requiredCores(world, found?.root ?? ".");
}

/** `requires_ansible` of a collection (docs: collection meta/runtime.yml). */
function requiredCores(world: World, root: string): ProjectSettings["cores"] {
  const path = normalize(join(root, "meta/runtime.yml"));
  const reading = world.files.read(path);
  if (reading?.ok !== true || !reading.text.includes("requires_ansible")) return undefined;
  const yaml = readYaml(reading.text);
  const node: YamlNode | undefined = yaml.ok ? yaml.documents[0] : undefined;
  const value = node?.kind === "map" ? fieldOf(node, "requires_ansible")?.value : undefined;
  const range = value?.kind === "scalar" ? coresOfSpecifier(value.raw) : undefined;
  return range === undefined ? undefined : { range, from: relative(".", path) };
}

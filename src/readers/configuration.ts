// Reads longhaul.yml: which files, which ansible-core, which modes. What is wrong in it is said with its place, never passed over.

import type { CoreRange } from "../model/cores.ts";
import { parseCores } from "../model/cores.ts";
import type { Level, Profile } from "../model/settings.ts";
import { LEVELS, PROFILES } from "../model/settings.ts";
import type { YamlField, YamlMap, YamlNode } from "../model/yaml.ts";
import { readYaml } from "./yaml.ts";

export interface Configuration {
  /** What to lint where nothing is named. Relative to the file's project. */
  readonly paths: readonly string[];
  /** Patterns as in .gitignore. */
  readonly exclude: readonly string[];
  readonly profile?: Profile;
  readonly cores?: CoreRange;
  /** Severities by mode. */
  readonly modes: ReadonlyMap<string, Level>;
  readonly baseline?: string;
  /** Whether measured durations count; they do where nothing is said. */
  readonly history: boolean;
}

export type ConfigurationReading =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly why: string; readonly at: number };

class Wrong extends Error {
  readonly at: number;
  constructor(why: string, node: YamlNode | YamlField) {
    super(why);
    this.at = "kind" in node ? node.span.start : node.keySpan.start;
  }
}

/** In: the text and the ids of all modes. Out: the configuration, or what is wrong and where. An empty text configures nothing. */
export function readConfiguration(text: string, modes: readonly string[]): ConfigurationReading {
  const reading = readYaml(text);
  if (!reading.ok) return reading;
  const [root] = reading.documents;
  try {
    if (root === undefined || (root.kind === "scalar" && root.value === null)) return { ok: true, configuration: { paths: [], exclude: [], modes: new Map(), history: true } };
    if (root.kind !== "map") throw new Wrong(`a map of ${KEYS.join(", ")} is expected`, root);
    return { ok: true, configuration: configurationIn(root, modes) };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, why: error.message, at: error.at };
    throw error;
  }
}

const KEYS = ["paths", "exclude", "profile", "core", "modes", "baseline", "history"] as const;

function configurationIn(root: YamlMap, modes: readonly string[]): Configuration {
  const known: readonly string[] = KEYS;
  for (const field of root.fields) if (!known.includes(field.key)) throw new Wrong(`there is no setting ${field.key}; there are ${KEYS.join(", ")}`, field);
  const at = (key: (typeof KEYS)[number]): YamlNode | undefined => root.fields.find((field) => field.key === key)?.value;
  const [profile, core, baseline, history] = [at("profile"), at("core"), at("baseline"), at("history")];
  return {
    paths: textsIn(at("paths")),
    exclude: textsIn(at("exclude")),
    ...(profile === undefined ? {} : { profile: choice(profile, PROFILES) }),
    ...(core === undefined ? {} : { cores: coresIn(core) }),
    modes: levelsIn(at("modes"), modes),
    history: history === undefined || choice(history, ["on", "off"]) === "on",
    ...(baseline === undefined ? {} : { baseline: textIn(baseline) }),
  };
}

function textIn(node: YamlNode): string {
  if (node.kind !== "scalar" || node.raw === "") throw new Wrong("a text is expected here", node);
  return node.raw;
}

function textsIn(node: YamlNode | undefined): readonly string[] {
  if (node === undefined) return [];
  return node.kind === "list" ? node.items.map(textIn) : [textIn(node)];
}

function choice<T extends string>(node: YamlNode, choices: readonly T[]): T {
  // YAML 1.1 reads `off` as false; what was written counts.
  const written = textIn(node);
  const chosen = choices.find((each) => each === written);
  if (chosen === undefined) throw new Wrong(`${written} is none of ${choices.join(", ")}`, node);
  return chosen;
}

function coresIn(node: YamlNode): CoreRange {
  const cores = parseCores(textsIn(node));
  if (cores === undefined) throw new Wrong("ansible-core is expected as 2.16, 2.14-2.18 or 2.17+", node);
  return cores;
}

function levelsIn(node: YamlNode | undefined, modes: readonly string[]): Configuration["modes"] {
  if (node === undefined) return new Map();
  if (node.kind !== "map") throw new Wrong("a map of modes and severities is expected: launch-never-checked: off", node);
  return new Map(node.fields.map((field) => {
    if (!modes.includes(field.key)) throw new Wrong(`there is no mode ${field.key}; longhaul explain lists them`, field);
    return [field.key, choice(field.value, LEVELS)];
  }));
}

// What a project wants to hear of: its ansible-core versions, its profile, the modes it raised, lowered or switched off.

import type { CoreRange } from "./cores.ts";
import type { Finding } from "./finding.ts";
import type { Project } from "./playbook.ts";

/** `min`: only what fails or lies for certain. `default`: everything, and info does not count as a failure. `strict`: info counts too. */
export const PROFILES = ["min", "default", "strict"] as const;
export type Profile = (typeof PROFILES)[number];

/** The severity that a project gives a mode. */
export const LEVELS = ["off", "info", "warning", "error"] as const;
export type Level = (typeof LEVELS)[number];

export interface Settings {
  /** What the project runs on; absent: any version. */
  readonly cores?: CoreRange;
  readonly profile: Profile;
  /** By the mode's id. */
  readonly levels: ReadonlyMap<string, Level>;
  /** What was measured in earlier runs, where a history is kept. */
  readonly measured?: Project["measured"];
  /** Which of the findings are asked about: those of a change, those that a baseline does not know. */
  readonly view?: (findings: readonly Finding[]) => readonly Finding[];
}

export const defaultSettings: Settings = { profile: "default", levels: new Map() };

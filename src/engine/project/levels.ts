// The chain of things around a task (play, role, blocks, imports) and what the task inherits from it.

import type { Keyword } from "../../model/playbook.ts";
import type { SourceText, YamlMap } from "../../model/yaml.ts";
import { fieldOf } from "../../model/yaml.ts";
import { INHERITED } from "../../readers/playbook/keywords.ts";

export interface Level {
  readonly owner: Exclude<Keyword["owner"], "task">;
  readonly map: YamlMap;
  readonly source: SourceText;
  /** False for a dynamic include: its variables reach the tasks, its other keywords do not (docs: "re-using tasks"; tried on 2.14). */
  readonly keywordsReach: boolean;
}

export interface OwnKeywords {
  readonly map: YamlMap;
  readonly source: SourceText;
}

/**
 * In: the levels around a task, outermost first, and the task itself.
 * Out: each keyword that counts, from the nearest that sets it; keywords that are not inherited only from the task.
 */
export function keywordsAt(levels: readonly Level[], own: OwnKeywords): ReadonlyMap<string, Keyword> {
  const found = new Map<string, Keyword>();
  for (const level of levels) {
    if (!level.keywordsReach) continue;
    for (const key of INHERITED) {
      const field = fieldOf(level.map, key);
      if (field !== undefined) found.set(key, { node: field.value, owner: level.owner, source: level.source });
    }
  }
  for (const field of own.map.fields) found.set(field.key, { node: field.value, owner: "task", source: own.source });
  return found;
}

/** Every level's (and the task's) value of a keyword that adds up: `when`, `environment`, `vars`. Outermost first. */
export function everyKeyword(levels: readonly Level[], own: OwnKeywords, key: string): readonly Keyword[] {
  const around = levels.flatMap((level) => {
    const field = fieldOf(level.map, key);
    const counts = field !== undefined && (level.keywordsReach || key === "vars" || key === "when");
    return counts ? [{ node: field.value, owner: level.owner, source: level.source }] : [];
  });
  const field = fieldOf(own.map, key);
  return field === undefined ? around : [...around, { node: field.value, owner: "task", source: own.source }];
}

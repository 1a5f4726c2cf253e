// Comments that take findings back: `# longhaul: ignore MODE because …` on the line, in the task or right above it, and
// `# noqa: MODE` as ansible-lint's users write it.

import type { Finding } from "../model/finding.ts";
import type { Project } from "../model/playbook.ts";
import { standsIn } from "../model/playbook.ts";
import { positionAt } from "../model/place.ts";
import type { SourceText } from "../model/yaml.ts";

export interface UnusedIgnore {
  readonly source: SourceText;
  readonly line: number;
  /** The modes named that nothing was found of. */
  readonly modes: readonly string[];
}

interface Directive {
  readonly line: number;
  readonly modes: readonly string[];
  /** `noqa` may name rules of other tools; only our own comments are checked for being of use. */
  readonly ours: boolean;
}

/** In: findings and the project they are of. Out: those that no comment takes back, and comments that take nothing back. */
export function withoutIgnored(findings: readonly Finding[], project: Project): { readonly findings: readonly Finding[]; readonly unused: readonly UnusedIgnore[] } {
  const sources = new Map([...project.flows.flatMap((flow) => flow.tasks.map((task) => task.source)), ...findings.map((finding) => finding.source)].map((source) => [source.path, source]));
  const used = new Map<Directive, Set<string>>();
  const directives = new Map([...sources].map(([path, source]) => [path, directivesIn(source.text)]));
  const left = findings.filter((finding) => {
    const covering = (directives.get(finding.source.path) ?? []).filter((directive) => directive.modes.includes(finding.mode) && covers(directive, linesOf(finding, project)));
    for (const directive of covering) used.set(directive, (used.get(directive) ?? new Set<string>()).add(finding.mode));
    return covering.length === 0;
  });
  const unused = [...sources.values()].flatMap((source) =>
    (directives.get(source.path) ?? []).flatMap((directive): readonly UnusedIgnore[] => {
      const idle = directive.modes.filter((mode) => used.get(directive)?.has(mode) !== true);
      return directive.ours && idle.length > 0 ? [{ source, line: directive.line, modes: idle }] : [];
    }),
  );
  return { findings: left, unused };
}

const COMMENT = /(?:^|\s)#\s*(?:(longhaul):\s*ignore\s+([\w.,\s-]+?)(?:\s+because\b.*)?|noqa:\s*([\w[\].,\s-]+))$/;

function directivesIn(text: string): readonly Directive[] {
  if (!text.includes("longhaul:") && !text.includes("noqa:")) return [];
  return text.split("\n").flatMap((content, index): readonly Directive[] => {
    const match = COMMENT.exec(content.trimEnd());
    if (match === null) return [];
    const modes = (match[2] ?? match[3] ?? "").split(/[\s,]+/).filter((word) => word !== "");
    return [{ line: index + 1, modes, ours: match[1] !== undefined }];
  });
}

interface Lines {
  readonly finding: number;
  readonly first: number;
  readonly last: number;
}

function covers(directive: Directive, { finding, first, last }: Lines): boolean {
  return directive.line === finding || (directive.line >= first && directive.line <= last);
}

/** The lines in which a comment speaks of a finding: those of its task, and the comments right above it. */
function linesOf(finding: Finding, project: Project): Lines {
  const { text } = finding.source;
  const line = positionAt(text, finding.span.start).line;
  const tasks = project.flows.flatMap((flow) => flow.tasks);
  const task = tasks.find((each) => standsIn(finding, each));
  if (task === undefined) return { finding: line, first: line, last: line };
  const lines = text.split("\n");
  let first = positionAt(text, task.map.span.start).line;
  while (first > 1 && /^\s*#/.test(lines[first - 2] ?? "")) first -= 1;
  // The map's span ends after its last line break.
  const end = task.map.span.start + text.slice(task.map.span.start, task.map.span.end).trimEnd().length;
  return { finding: line, first, last: positionAt(text, end).line };
}

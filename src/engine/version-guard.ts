// Tasks that run on some ansible-core versions only, by their own word: `when: ansible_version.full is version('2.18', '>=')`.

import type { CoreRange } from "../model/cores.ts";
import { overlap, seriesBefore } from "../model/cores.ts";
import type { Expression } from "../model/expression.ts";
import { pathsIn } from "../model/expression.ts";
import type { Finding } from "../model/finding.ts";
import type { Flow } from "../model/playbook.ts";
import { standsIn } from "../model/playbook.ts";

/** True for a finding of versions on which its task never runs. */
export function isGuardedAgainst(flow: Flow, { cores, source, span }: Pick<Finding, "cores" | "source" | "span">): boolean {
  if (cores === undefined || !source.text.includes("ansible_version")) return false;
  const task = flow.tasks.find((each) => standsIn({ source, span }, each));
  const conditions = (task?.when ?? []).flatMap(({ expression }) => (expression === undefined ? [] : conjunctsOf(expression)));
  return conditions.some((condition) => {
    const range = rangeOf(condition);
    return range !== undefined && !overlap(range, cores);
  });
}

function conjunctsOf(expression: Expression): readonly Expression[] {
  return expression.kind === "logic" && expression.operator === "and" ? expression.operands.flatMap(conjunctsOf) : [expression];
}

/** In: one condition. Out: the versions that it lets by; undefined where it is about something else. */
function rangeOf(condition: Expression): CoreRange | undefined {
  if (condition.kind !== "test" || condition.negated || !/(?:^|\.)version(?:_compare)?$/.test(condition.name)) return undefined;
  const [path] = pathsIn(condition.target);
  if (path?.steps[0] !== "ansible_version" || (path.steps[1] !== undefined && path.steps[1] !== "full")) return undefined;
  const [version, operator = "=="] = condition.args.positional.map((argument) => (argument.kind === "literal" ? String(argument.value) : undefined));
  const series = /^\d+\.\d+/.exec(version ?? "")?.[0];
  if (series === undefined) return undefined;
  if ([">=", "ge", ">", "gt"].includes(operator)) return { from: series };
  if (["<=", "le", "<", "lt"].includes(operator)) return { to: version === series && (operator === "<" || operator === "lt") ? seriesBefore(series) : series };
  return ["==", "=", "eq"].includes(operator) ? { from: series, to: series } : undefined;
}

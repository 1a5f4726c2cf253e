// `longhaul advise`: what to set for each async task of a project, and setting it.

import { join, normalize } from "node:path/posix";
import type { Advice, Context } from "../../../engine/advise/advice.ts";
import { adviceOf } from "../../../engine/advise/advice.ts";
import { adviceMode } from "../../../engine/advise/advice-mode.ts";
import { measuredIn } from "../../../engine/advise/match.ts";
import { fileIn } from "../../../engine/durations/of-story.ts";
import { createSession } from "../../../engine/session.ts";
import type { SessionRequest } from "../../../engine/session.ts";
import type { Mode } from "../../../model/mode.ts";
import { titleOf } from "../../../model/playbook.ts";
import { positionAt } from "../../../model/place.ts";
import { printable } from "../../../model/printable.ts";
import type { ProblemCode } from "../../../model/problem.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import { repair, showDiff } from "../lint-fix.ts";
import { projectRoot } from "../project-root.ts";
import { projectSettings } from "../project-settings.ts";
import { count, createStyle, wrap } from "../style.ts";
import type { World } from "../world.ts";
import { adviceDocument } from "./advice-json.ts";
import { adviceText, summaryText } from "./advice-text.ts";

export interface Expectation {
  readonly seconds: number;
  /** The task it is about; every task that was not measured if absent. */
  readonly task?: string;
}

export interface AdviseOptions {
  readonly paths: readonly string[];
  readonly config?: string;
  readonly expect: readonly Expectation[];
  readonly apply: boolean;
  readonly yes: boolean;
  readonly diff: boolean;
  readonly format: "text" | "json";
}

/** Prints advice, and makes the changes where asked. Out: 0, or the exit code of what could not be read or written. Throws Problem. */
export async function runAdvise(world: World, options: AdviseOptions): Promise<number> {
  const settings = await projectSettings(world, options);
  const { files: paths } = world.findYaml(settings.paths, settings.excluded);
  if (paths.length === 0) throw new Problem("nothing-to-lint", `${settings.paths.join(", ")}: no .yml or .yaml file there; name a playbook, a role or a project directory`);
  const context = await contextOf(world, options);
  const request: SessionRequest = { files: world.files, paths, modes: [] };
  const session = createSession(request);
  const advices = advicesIn(session.look().project.flows.flatMap((flow) => adviceOf(flow, context)));
  const troubles = session.library.unreadable.map(({ path, why }) => ({ code: "cannot-read", message: `${path}: ${why}; not looked at` }));
  for (const { task, seconds } of options.expect) {
    if (task !== undefined && !advices.some((advice) => titleOf(advice.task) === task)) world.err(`longhaul: --expect "${printable(task)}=${seconds}": there is no async task of that name\n`);
  }
  if (!options.diff) {
    if (options.format === "json") world.out(`${JSON.stringify({ schema: 1, tasks: advices.map(adviceDocument) }, null, 2)}\n`);
    else {
      const look = { columns: world.columns, style: createStyle(world.color) };
      for (const advice of advices) world.out(`${adviceText(advice, look)}\n`);
      world.out(`${wrap(summaryText(advices, { applies: options.apply, files: paths.length }), world.columns, "")}\n`);
    }
  }
  const changes = options.apply || options.diff ? await apply(world, { ...request, modes: [adviceMode(context), ...withoutFixes(await world.modes())] }, options) : [];
  const problems = [...troubles, ...changes];
  for (const { message } of problems) world.err(`longhaul: ${printable(message)}\n`);
  return Math.max(0, ...problems.map(({ code }) => PROBLEM_EXITS[code as ProblemCode] ?? 0));
}

/** The same task may be reached by several plays: it is told of once. */
function advicesIn(all: readonly Advice[]): readonly Advice[] {
  return [...new Map(all.map((advice) => [`${advice.task.source.path} ${advice.task.map.span.start}`, advice])).values()];
}

async function contextOf(world: World, { expect }: AdviseOptions): Promise<Context> {
  const project = projectRoot(world);
  const history = await world.openHistory("read");
  try {
    const measured = measuredIn(history.read(project), (path) => fileIn(project, path.startsWith("/") ? path : normalize(join(world.directory, path))));
    return {
      measured,
      expected: (task) => {
        const own = expect.find((each) => each.task === titleOf(task)) ?? expect.find((each) => each.task === undefined);
        return own === undefined ? undefined : { seconds: own.seconds, from: "--expect" };
      },
    };
  } finally {
    history.close();
  }
}

/** Other modes look on, so that no change brings up what they find; what they find already is not repaired here. */
function withoutFixes(modes: readonly Mode[]): readonly Mode[] {
  return modes.map((mode) => {
    const { lint } = mode;
    return typeof lint !== "function" ? mode : { ...mode, lint: (flow, project) => lint(flow, project).map(({ fix: _fix, ...finding }) => finding) };
  });
}

async function apply(world: World, request: SessionRequest, options: AdviseOptions): Promise<readonly { readonly code: string; readonly message: string }[]> {
  const { changed, fixed, problems } = await repair(world, request, { format: options.format, fix: "all", yes: options.yes, diff: options.diff, consent: "--apply --yes" });
  if (options.diff) await showDiff(world, changed);
  else if (options.format === "text") {
    for (const { source, span, fix } of fixed) world.out(`changed  ${printable(`${source.path}:${positionAt(source.text, span.start).line}  ${fix?.says ?? ""}`)}\n`);
    world.out(fixed.length === 0 ? "nothing changed\n" : `${count(fixed.length, "task")} changed\n`);
  }
  return problems;
}

// The status task asks on another host than the one the job was started on: delegate_to, local_action, connection or run_once differ.

import { asksForOneLaunch, isPlainPair } from "../../model/async-dirs.ts";
import type { Edit, Finding } from "../../model/finding.ts";
import { beforeAgain, judgePlace, missingOnHosts } from "../../model/host-missing.ts";
import { missingEvidence, tellApart, traceOf } from "../../model/job-traces.ts";
import type { LintView, Mode, ProbeView, SymptomView } from "../../model/mode.ts";
import type { Flow, Pair, Task } from "../../model/playbook.ts";
import { ownField, titleOf } from "../../model/playbook.ts";
import { allEdits } from "../../model/repairs.ts";
import { addKeywords, removeKeyword, replaceValue } from "../../model/task-edits.ts";
import type { Where } from "./where.ts";
import { flagOf, isOneHostAtATime, isOneMachine, isPerItem, isSame, isSurelyElsewhere, picksHost, whereOf } from "./where.ts";

const lint: LintView = (flow) => flow.pairs.flatMap((pair) => {
  if (!isPlainPair(pair)) return [];
  const [from, to] = [whereOf(pair.launch), whereOf(pair.status)];
  if (from === undefined || to === undefined) return [];
  if (!isSame(from, to)) return isOneMachine(flow, pair, [from, to]) || isPerItem(pair, [from, to]) ? [] : [elsewhere(flow, pair, [from, to])];
  return from.on === "each host" ? onceOnly(flow, pair) : [];
});

type Draft = Omit<Finding, "mode">;

function elsewhere(flow: Flow, pair: Pair, [from, to]: readonly [Where, Where]): Draft {
  const { launch, status } = pair;
  const edits = hostEdits(flow, pair, from);
  const field = ownField(status, "delegate_to");
  const isCertain = isSurelyElsewhere(flow, [from, to]);
  const named = from.on === "named" ? from.host : to.on === "named" ? to.host : "";
  return {
    ...(isCertain ? { severity: "error" as const } : { severity: "warning" as const, condition: `${named} is not the play's own host` }),
    ...base(pair, field),
    what: `Asks on ${nameOf(to)} for a job that "${titleOf(launch)}" starts on ${nameOf(from)}.`,
    why: `The job file is only on the host where the job runs. A look on another one fails with \`could not find job\`, while the job goes on.`,
    do: from.on === "named" ? `Let this task run where the launch runs: ${from.keyword}.` : "Drop delegate_to here: the job runs on each host of the play.",
    ...(edits === undefined ? {} : { fix: { safe: launch.source === status.source, says: `let this task ask on ${nameOf(from)}`, edits } }),
  };
}

/** The one job of a run_once launch is looked for on all hosts, or the jobs of all hosts are looked for on one. */
function onceOnly(flow: Flow, pair: Pair): readonly Draft[] {
  const { launch, status } = pair;
  const [once, looksOnce] = [flagOf(launch, "run_once"), flagOf(status, "run_once")];
  if (once === undefined || looksOnce === undefined || once === looksOnce || isOneHostAtATime(flow) || picksHost(pair)) return [];
  const field = ownField(status, "run_once");
  const edit = once ? (field === undefined ? addAfterAction(status, ["run_once: true"]) : undefined) : removeKeyword(status, "run_once");
  const edits = asksForOneLaunch(flow.pairs, pair) ? allEdits([edit]) : undefined;
  const many = flow.play === undefined ? "in a play of several hosts " : "";
  const says = once ? "ask once, like the launch" : "drop run_once here, so that the job of every host is waited for";
  return [{
    severity: "warning",
    condition: "the play has more than one host",
    ...base(pair, field),
    what: once ? `Asks on every host for the one job that "${titleOf(launch)}" starts (run_once).` : `Asks only once, but "${titleOf(launch)}" starts a job on every host.`,
    why: once
      ? `With run_once the job runs on the first host alone, but every host gets its id: ${many}each other host fails with \`could not find job\`.`
      : `With run_once only the job of the first host is looked at: ${many}the play goes on while the others still run, and their failures are never seen.`,
    do: once ? "Set run_once: true on this task as well." : "Drop run_once from this task.",
    ...(edits === undefined ? {} : { fix: { safe: once && launch.source === status.source, says, edits } }),
  }];
}

function base({ launch, status }: Pair, field: ReturnType<typeof ownField>): Pick<Draft, "source" | "span" | "task" | "related"> {
  return {
    source: status.source,
    span: field === undefined ? (status.action?.keySpan ?? status.map.span) : { start: field.keySpan.start, end: field.value.span.end },
    task: titleOf(status),
    related: [{ place: { file: launch.source.path, span: launch.map.span }, says: "the task that starts the job" }],
  };
}

function nameOf(where: Where): string {
  return where.on === "each host" ? "each host of the play" : where.host;
}

function hostEdits(flow: Flow, pair: Pair, from: Where): readonly Edit[] | undefined {
  const { launch, status } = pair;
  if (!asksForOneLaunch(flow.pairs, pair)) return undefined;
  const own = ownField(status, "delegate_to");
  if (from.on === "each host") return own === undefined ? undefined : allEdits([removeKeyword(status, "delegate_to")]);
  if (own !== undefined) return from.keyword.startsWith("delegate_to: ") ? allEdits([replaceValue(status, "delegate_to", from.keyword.slice(13))]) : undefined;
  // A status task in a block with a delegate, or with a connection of its own, is left to a person.
  if (status.keywords.has("delegate_to") || status.keywords.has("connection") || status.action?.form !== "key") return undefined;
  const once = flagOf(launch, "run_once") === true && flagOf(status, "run_once") === false && ownField(status, "run_once") === undefined;
  return allEdits([addAfterAction(status, [from.keyword, ...(once ? ["run_once: true"] : [])])]);
}

function addAfterAction(task: Task, lines: readonly string[]): Edit | undefined {
  return addKeywords(task, task.action?.written ?? "", lines);
}

const symptom: SymptomView = (subject, story) => {
  const trace = traceOf(subject, story);
  if (trace === undefined) return undefined;
  const { whereabouts, tells, polled } = trace;
  const isElsewhere = whereabouts === "another host";
  const against = [polled, trace.erased, isElsewhere ? undefined : tells].filter((each) => each !== undefined);
  return {
    supports: [missingEvidence(trace), ...(isElsewhere && tells !== undefined ? [tells] : [])],
    against,
    ...(story.form === "adhoc" ? { do: "Ask on the host on which the job was started, and only there." } : isElsewhere ? { do: "Give the status task the delegate_to and run_once of the task that starts the job: longhaul lint --fix does it. The job itself may still be running: look before you start it again." } : {}),
    unknown: tellApart(trace, story),
  };
};

const probe: ProbeView = (subject, story, hosts) =>
  judgePlace(missingOnHosts(subject, story, hosts), "another host", (found) => `Give the status task the delegate_to and run_once of the task that starts the job, so that it asks on ${found.host.host}: longhaul lint --fix does it. ${beforeAgain(found)}`);

export const mode: Mode = {
  id: "status-on-another-host",
  title: "The status task asks on another host than the one with the job",
  why: "A job file is only on the host where the job runs. When the launch is delegated (delegate_to, local_action) or runs once for all hosts (run_once) and the status task is not, it asks on a host that knows nothing of the job.",
  do: "Give the status task the same delegate_to and run_once as the launch.",
  messages: [{ text: "could not find job" }],
  lint,
  symptom,
  probe,
  fix: "safe or needs-a-person",
};

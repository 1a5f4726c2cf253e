// A job that restarts its own host, and a task that waits for that job: the job cannot tell how it ended.

import { isOlderThanBoot, restartEvidence } from "../../model/host-ends.ts";
import { lastSign } from "../../model/host-log.ts";
import { jobsOnHosts, whereFound } from "../../model/host-traces.ts";
import { shellLineOf } from "../../model/limits.ts";
import type { LintView, Mode, ProbeView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Flow, Task } from "../../model/playbook.ts";
import { isLaunch, isPolled, numberOf, titleOf } from "../../model/playbook.ts";
import type { ShellCommand } from "../../model/shell.ts";

const lint: LintView = (flow) => flow.tasks.filter(isLaunch).flatMap((task) => {
  const node = task.action?.command?.node;
  const limitSeconds = numberOf(task.asyncLimit);
  const restart = restartIn(task);
  const waiter = waiterOf(flow, task);
  if (node === undefined || limitSeconds === undefined || limitSeconds <= 0 || restart === undefined || waiter === undefined) return [];
  return [{
    severity: "warning" as const,
    condition: "the host goes down before the job has written its end, or is down when Ansible looks",
    source: task.source,
    span: node.span,
    task: titleOf(task),
    what: `\`${restart}\` takes the host down, and ${waiter} waits for the job that does it.`,
    why: `The job is killed with all that runs on the host. Its job file then says for ever that it is not finished, and ${waiter} waits until its time is used up, or fails because it cannot reach the host.`,
    do: "Take the reboot module, without async: it waits until the host is back. Or start the job with poll: 0, do not ask for it, and wait for the host with wait_for_connection.",
  }];
});

/** Who waits; undefined where nobody does, or where the wait may fail. */
function waiterOf(flow: Flow, launch: Task): string | undefined {
  if (mayFail(launch)) return undefined;
  if (isPolled(launch)) return "Ansible";
  const wait = flow.pairs.find((pair) => pair.launch === launch && pair.status.until.length > 0 && !mayFail(pair.status))?.status;
  return wait === undefined ? undefined : `"${titleOf(wait)}"`;
}

function mayFail({ keywords, failedWhen }: Task): boolean {
  return failedWhen.length > 0 || ["ignore_errors", "ignore_unreachable"].some((key) => keywords.has(key));
}

/** The command that takes the host down; undefined where there is none, or where it is put in the background. */
function restartIn(task: Task): string | undefined {
  const commands = shellLineOf(task)?.commands ?? [];
  if (task.action?.module === "command") return commands.slice(0, 1).map(restartOf).find((each) => each !== undefined);
  return commands.some(({ operator }) => operator === "&") ? undefined : commands.map(restartOf).find((each) => each !== undefined);
}

/** Words that may stand before the command itself. */
const BEFORE = /^(?:sudo|exec|then|do|else|nohup|-n|-E)$/;

function restartOf({ words }: ShellCommand): string | undefined {
  const [program = "", ...args] = words.slice(words.findIndex(({ text }) => !BEFORE.test(text))).map(({ text }) => text);
  const name = program.replace(/^\/(?:usr\/)?s?bin\//, "");
  const shown = [name, ...args].join(" ");
  // `--help`, a wtmp record only, or a plan that is dropped or only announced.
  if (args.some((arg) => /^(?:-[wkc]|--(?:help|version|wtmp-only|show))$/.test(arg))) return undefined;
  if (name === "reboot" || name === "poweroff" || name === "halt") return shown;
  if (name === "shutdown") return args.some((arg) => arg === "now" || arg === "+0") ? shown : undefined;
  if (name === "init" || name === "telinit") return args[0] === "6" || args[0] === "0" ? shown : undefined;
  if (name === "systemctl") return args.some((arg) => /^(?:reboot|poweroff|halt|kexec|soft-reboot)$/.test(arg)) ? shown : undefined;
  return undefined;
}

/** What else restarts a host looks the same: it is this mode where the playbook has the mistake. */
const probe: ProbeView = (subject, story, hosts) => {
  const [found] = jobsOnHosts(subject, story, hosts).flatMap((job) => whereFound(job) ?? []).filter(isOlderThanBoot);
  if (found === undefined) return undefined;
  return { supports: [...restartEvidence(found), ...lastSign(found.host, found.sighting.report.jid)], against: [], circumstantial: true };
};

export const mode: Mode = {
  id: "reboot-in-the-middle",
  title: "A task waits for a job that takes its own host down",
  why: "A job that restarts its host is killed with everything else there. Its job file survives and says for ever that the job is not finished; whoever waits for it waits in vain, or cannot reach the host.",
  do: "Take the reboot module without async. Or start the restart with poll: 0, do not ask for the job, and wait for the host with wait_for_connection.",
  messages: [],
  lint,
  symptom: cannot("the log is that of any job that never ends, or of any lost connection"),
  probe,
  fix: cannot("only a person knows whether the play goes on after the restart"),
};

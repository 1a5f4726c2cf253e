// Whether a host can run async jobs: every check, worst first, and the job that was tried where nothing else explains it.

import type { Severity } from "../../model/finding.ts";
import { asyncDirIsWritable, becomeFindsItsFiles, bothSidesAgree, diskHasRoom, fewJobs, filesSurviveReboot, nobodyCleans, remoteTmpServes } from "./directory-checks.ts";
import type { Check, HostFinding, HostLook } from "./host-look.ts";
import { clockIsRight, connectionIsKept, hasWhatIsNeeded, loginHasNoMore, outlivesTheLogin, sudoNeedsNoTerminal } from "./session-checks.ts";

const CHECKS: readonly Check[] = [
  asyncDirIsWritable, diskHasRoom, bothSidesAgree, remoteTmpServes, becomeFindsItsFiles, hasWhatIsNeeded, outlivesTheLogin,
  nobodyCleans, filesSurviveReboot, sudoNeedsNoTerminal, loginHasNoMore, fewJobs, clockIsRight, connectionIsKept,
];
const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };
/** What Ansible and Python say of a Python that is missing or does not fit (2.14 to 2.21). */
const BAD_PYTHON = /minimum of Python version|requires Python|SyntaxError|No python interpreters found|No module named ['"]?(?:ansible|encodings|__future__)|python\S*: (?:not found|No such file)|interpreter .*(?:not found|was not found)/i;

/** Out: what is wrong, worst first; [] for a host that is well. */
export function judgeHost(look: HostLook): readonly HostFinding[] {
  const found = CHECKS.flatMap((check) => check(look)).toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
  const { proof } = look;
  if (proof?.kind !== "failed") return found;
  const [first, ...rest] = found;
  const says = `${STEPS[proof.step]}: ${proof.says}`;
  // The needs of other jobs explain nothing about this one.
  const explains = first?.severity === "error" && first.id !== "not-a-login-shell" && first.id !== "needed-and-missing";
  return explains ? [{ ...first, seen: [...first.seen, says] }, ...rest] : [unexplained(look, says), ...found];
}

const STEPS = { launch: "a small job could not be started", job: "a small job did not end well", status: "async_status about a small job" } as const;

function unexplained({ host, ready, proof }: HostLook, says: string): HostFinding {
  const isPython = proof?.kind === "failed" && BAD_PYTHON.test(proof.says);
  return {
    id: isPython ? "interpreter-missing" : "job-failed",
    severity: "error",
    what: isPython ? "Ansible cannot use the Python of this host." : "A small job with async does not work here.",
    seen: [says, ...(isPython ? [`the Python that was found is ${ready.python}`] : [])],
    do: isPython ? "Set ansible_python_interpreter to a Python that this ansible-core supports on hosts." : `Run it with -vvv: ansible ${host} -m command -a 'sleep 2' -B 30 -P 1; \`longhaul diagnose\` reads what it prints.`,
  };
}

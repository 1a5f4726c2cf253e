// A process of the job was killed by something that is not the job: the kernel for want of memory, a service manager, a person, a restart.

import { hostOf } from "../../model/job-traces.ts";
import type { Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { jidOf, numberOf, textOf } from "../../model/story.ts";
import { probe } from "./probe.ts";

/** Signals that somebody sends to end a process; others are crashes of its own. */
const SENT: ReadonlyMap<number, string> = new Map([[1, "SIGHUP"], [2, "SIGINT"], [9, "SIGKILL"], [15, "SIGTERM"]]);

const symptom: SymptomView = (subject) => {
  for (const result of subject.results) {
    if (!subject.failed || jidOf(result) === undefined || numberOf(result, "finished") !== 1) continue;
    const host = hostOf(result);
    const unknown = [{ what: "Who has killed it: the kernel for want of memory, a service manager, a person.", command: `ansible ${host} -b -m ansible.builtin.shell -a "dmesg -T | grep -i 'killed process'; journalctl -n 50 -u systemd-logind"` }];
    const rc = numberOf(result, "rc");
    const signal = rc === undefined ? undefined : SENT.get(rc < 0 ? -rc : rc - 128);
    // A command that names one may have sent it to itself.
    if (signal !== undefined && !/\b(?:p?kill|killall|timeout)\b/.test(JSON.stringify(result.fields["cmd"] ?? ""))) {
      return { supports: [{ quote: result.quote, says: `rc ${rc}: the program was ended by ${signal}, which somebody on ${host} has sent.` }], against: [], unknown };
    }
    if (textOf(result, "msg")?.includes("No start of json char found") === true && textOf(result, "data") === "" && textOf(result, "stderr") === "") {
      return {
        supports: [{ quote: result.quote, says: `The wrapper on ${host} got nothing at all from the module, neither a result nor an error: it was killed.` }],
        against: [],
        do: "Look for what the job has started: it lives on when its module is killed. Find out who has killed that, then start the job again.",
        unknown,
      };
    }
  }
  return undefined;
};

export const mode: Mode = {
  id: "killed-from-outside",
  title: "Something on the host killed the job",
  why: "The kernel kills processes when memory runs out, service managers when a session or a service ends, persons when they want. A killed program is a failure with the signal's number; a killed wrapper leaves a job file that says for ever that the job is not finished.",
  do: "Find out who has killed it and keep that from happening again (memory, linger, a quieter host). See what the job has left half done before you start it again.",
  messages: [{ text: '"msg": "non-zero return code", "rc": -9', cores: "2.14 to 2.20" }, { text: '"msg": "The command exited with a non-zero return code.", "rc": -9', cores: "2.21" }, { text: "ValueError: No start of json char found" }],
  lint: cannot("what a host kills is not in the playbook"),
  symptom,
  probe,
  fix: cannot("the cause is on the host"),
};

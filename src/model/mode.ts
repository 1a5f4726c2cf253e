// A failure mode: a cause with one remedy, and the views that find, show and repair it.

import type { Judgement, Subject } from "./diagnosis.ts";
import type { Finding } from "./finding.ts";
import type { HostLooks } from "./host-looks.ts";
import type { Flow, Project } from "./playbook.ts";
import type { Story } from "./story.ts";

/** Why a view does not exist. Shown by `explain` and in the matrix. */
export interface Cannot {
  readonly cannot: string;
}

/** In: one play (or loose task file) and the project around it. Out: the findings of this mode, any order. */
export type LintView = (flow: Flow, project: Project) => readonly Omit<Finding, "mode">[];

/** In: one subject of a log and the whole story. Out: what speaks for and against this mode, or nothing. */
export type SymptomView = (subject: Subject, story: Story) => Judgement | undefined;

/** In: one subject, its story, and what was found on the hosts. Out: what speaks for and against this mode there, or nothing. */
export type ProbeView = (subject: Subject, story: Story, hosts: HostLooks) => Judgement | undefined;

/** A text that real ansible-core prints when this mode strikes. */
export interface Message {
  /** Verbatim, with `*` for the parts that vary. */
  readonly text: string;
  /** ansible-core versions that print it, where not all: "2.17 and newer". */
  readonly cores?: string;
}

export interface Mode {
  /** Slug: folder, JSON id, page and `explain` name. */
  readonly id: string;
  /** The cause in one line, without a full stop. */
  readonly title: string;
  /** What happens on real Ansible, and why: one to three sentences. */
  readonly why: string;
  /** The remedy in one or two sentences. */
  readonly do: string;
  readonly messages: readonly Message[];
  readonly lint: LintView | Cannot;
  readonly symptom: SymptomView | Cannot;
  /** Host evidence. */
  readonly probe: ProbeView | Cannot;
  /** True where the mistake always stands in the playbook: when lint finds nothing of it on the very task, it is not the cause (unless Judgement.proven). */
  readonly inPlaybook?: true;
  /** True where Ansible refuses the file before it runs anything: a task that never runs is found all the same. */
  readonly atLoad?: true;
  /** Which kinds of fix its findings carry. */
  readonly fix: "safe" | "needs-a-person" | "safe or needs-a-person" | Cannot;
}

/** A view that cannot be. In: the reason, a sentence part such as "the run time is not in the playbook". */
export function cannot(reason: string): Cannot {
  return { cannot: reason };
}

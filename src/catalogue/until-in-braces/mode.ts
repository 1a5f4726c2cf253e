// A condition of a status task in `{{ }}`: ansible-core up to 2.18 refuses to evaluate what the braces made of the job's answer.

import type { Evidence } from "../../model/diagnosis.ts";
import type { Edit, Finding } from "../../model/finding.ts";
import { statusEvidence } from "../../model/job-answers.ts";
import { surelyNotBoolean } from "../../model/job-results.ts";
import { lookOf, looksAtDetachedJobs, scopeOf } from "../../model/look.ts";
import type { Look } from "../../model/look.ts";
import type { LintView, Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import type { Condition } from "../../model/playbook.ts";
import { isStatus, titleOf } from "../../model/playbook.ts";
import { textOf } from "../../model/story.ts";
import { replaceNode } from "../../model/task-edits.ts";

const WHOLE = /^\s*\{\{((?:(?!\{\{|\}\})[^])*)\}\}\s*$/;
const PART = /\{\{-?\s*((?:(?!\{\{|\}\})[^])*?)\s*-?\}\}/g;

const lint: LintView = (flow) => flow.tasks.filter(isStatus).flatMap((status) => {
  const look = lookOf(flow, status);
  if (!looksAtDetachedJobs(look)) return [];
  const keywords = [["until", status.until], ["failed_when", status.failedWhen], ["changed_when", status.changedWhen]] as const;
  return keywords.flatMap(([keyword, conditions]) => conditions.flatMap((condition) => findingOf(look, keyword, condition)));
});

function findingOf(look: Look, keyword: string, condition: Condition): readonly Omit<Finding, "mode">[] {
  const { status } = look;
  const { raw } = condition.node;
  const isWhole = WHOLE.test(raw);
  if (isWhole ? !isRefused(look, condition) : !quotesTheAnswer(look, raw)) return [];
  const inText = !isWhole && isInText(raw);
  const bare = isWhole ? (WHOLE.exec(raw)?.[1] ?? "").trim() : withoutBraces(raw);
  const edit = bare === undefined || inText ? undefined : rewrite(look, condition, bare);
  const younger = isWhole || inText ? "From 2.19 on it is evaluated, with a warning that this will end." : "From 2.19 on it is a syntax error.";
  return [{
    severity: "error",
    source: status.source,
    span: condition.node.span,
    task: titleOf(status),
    what: `\`${raw.trim().replaceAll(/\s+/g, " ")}\` puts the job's answer into ${keyword} by braces.`,
    why: `What comes out of the braces is the job's own text, which ansible-core up to 2.18 does not evaluate: the task stops at its first look with \`Conditional is marked as unsafe\`, and the job goes on with nobody looking. ${younger}`,
    do: bare === undefined || inText ? "Write the condition without braces: a condition is an expression already." : `Write \`${keyword}: ${bare}\`.`,
    ...(isWhole || inText ? { cores: { to: "2.18" } } : {}),
    ...(edit === undefined ? {} : { fix: { safe: true, says: "drop the braces", edits: [edit] } }),
  }];
}

/** True where the value is no boolean: True and False are the only texts that Ansible takes for values again. */
function isRefused(look: Look, condition: Condition): boolean {
  const { register } = look.status;
  if (register === undefined || !new RegExp(`\\b${register}\\b`).test(condition.text)) return false;
  return (["running", "finished well"] as const).some((state) => surelyNotBoolean(condition, scopeOf(look, state, "up to 2.18")));
}

/** `{{ s.finished }} == 1`: a part of the condition is the text of the task's own register. */
function quotesTheAnswer({ status: { register } }: Look, raw: string): boolean {
  return register !== undefined && [...raw.matchAll(PART)].some(([, inner]) => new RegExp(`^${register}\\b`).test(inner ?? ""));
}

/** True where every part in braces stands between quotes: `'{{ s.stdout }}' == ''`. */
function isInText(raw: string): boolean {
  const withoutTexts = raw.replaceAll(/'[^']*'|"[^"]*"/g, "''");
  return !withoutTexts.includes("{{");
}

/** The condition without its braces; undefined where something in them would bind otherwise then. */
function withoutBraces(raw: string): string | undefined {
  const parts = [...raw.matchAll(PART)].map(([, inner]) => inner ?? "");
  if (parts.some((inner) => !/^[\w.]+(?:\[(?:'\w+'|"\w+"|\d+)\])*(?:\s*\|\s*\w+)*$/.test(inner))) return undefined;
  return raw.trim().replaceAll(PART, "$1");
}

function rewrite({ status }: Look, { node }: Condition, bare: string): Edit | undefined {
  if (node.style === "literal" || node.style === "folded" || bare.includes("\n")) return undefined;
  if (node.style === "plain") return /: |^[&*!|>%@`"'{[]/.test(bare) ? undefined : replaceNode(status, node, bare);
  const quote = node.style === "single" ? "'" : '"';
  const written = status.source.text.slice(node.span.start + 1, node.span.end - 1);
  // Escapes inside the quotes would have to be written again.
  return written === node.raw && !bare.includes(quote) ? replaceNode(status, node, `${quote}${bare}${quote}`) : undefined;
}

/** The last frame counts: an unsafe changed_when is quoted in the error of the until. */
const UNSAFE = /The conditional check \\?'((?:(?!The conditional check)[^])*?)\\?' failed\. The error was: Conditional is marked as unsafe/;
const DELIMITERS = "Template delimiters are not supported in expressions";

const symptom: SymptomView = (subject, story) => {
  const [result] = subject.results;
  if (!subject.failed || result === undefined) return undefined;
  const texts = ["msg", "failed_when_result", "changed_when_result"].map((key) => textOf(result, key) ?? "");
  const condition = texts.map((text) => UNSAFE.exec(text)?.[1]).find((each) => each !== undefined);
  const isSyntax = texts.some((text) => text.includes(DELIMITERS));
  const status = statusEvidence(story, result);
  const speaksOfEnd = condition !== undefined && /\bfinished\b|\bansible_job_id\b/.test(condition);
  if ((condition === undefined && !isSyntax) || (status === undefined && !speaksOfEnd)) return undefined;
  const supports: readonly Evidence[] = [
    { quote: result.quote, says: condition === undefined ? "Ansible met braces in a condition, and takes none there." : `Ansible would not evaluate \`${condition}\`: braces had put the text of a result into it.` },
    ...(speaksOfEnd ? [{ quote: result.quote, says: "The condition asks for the end of a job." }] : []),
    ...(status === undefined ? [] : [status]),
  ];
  return { supports, against: [], do: "Write the condition without braces: `until: REGISTER is finished`. The job may still be running: look before you start it again." };
};

export const mode: Mode = {
  id: "until-in-braces",
  title: "A condition of the status task stands in braces",
  why: "A condition is an expression already. In braces it is a template first, and what it gives is then evaluated a second time: with the text of a job's answer in it ansible-core up to 2.18 refuses that, and the task ends at its first look.",
  do: "Write conditions without braces: `until: REGISTER is finished`.",
  messages: [
    { text: "The conditional check '{{*' failed. The error was: Conditional is marked as unsafe, and cannot be evaluated.", cores: "2.14 to 2.18" },
    { text: "Syntax error in expression. Template delimiters are not supported in expressions*", cores: "2.19 and newer" },
  ],
  lint,
  symptom,
  probe: cannot("the mistake is in the playbook; a host shows only a job that nobody waits for"),
  inPlaybook: true,
  fix: "safe",
};

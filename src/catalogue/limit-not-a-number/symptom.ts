// What Ansible says of a number of seconds that is none, on 2.14 to 2.21.

import type { Evidence } from "../../model/diagnosis.ts";
import type { SymptomView } from "../../model/mode.ts";
import type { LoggedResult, Story } from "../../model/story.ts";
import { jobOf, textOf } from "../../model/story.ts";

const CONVERTED = /^(?:Task failed: )?(?:the field '(\w+)' has an invalid value \(([^]*?)\), and could not be converted|Error processing keyword '(\w+)': The value ([^\n]*?) could not be converted|Error processing keyword '(\w+)': (cannot convert \w+) to integer)/;
const UNDEFINED = /^(?:Task failed: )?(?:The field '(\w+)' has an invalid value, which includes an undefined variable|Error processing keyword '(\w+)': .* is undefined)/;
const COMPARED = /^(?:Unexpected failure during module execution|Task failed): '([<>])' not supported between instances of 'NoneType' and 'int'/;
const KEYS: ReadonlyMap<string, string> = new Map([["async_val", "async"], ["poll", "poll"], ["retries", "retries"], ["delay", "delay"]]);

export const symptom: SymptomView = (subject, story) => {
  for (const result of subject.results) {
    const judged = judgeMessage(result, textOf(result, "msg") ?? "") ?? judgeLimit(result, story);
    if (judged !== undefined) return { supports: [judged.supports], against: [], do: judged.do };
  }
  return undefined;
};

interface Judged {
  readonly supports: Evidence;
  readonly do: string;
}

function judgeMessage({ quote }: LoggedResult, message: string): Judged | undefined {
  const converted = CONVERTED.exec(message);
  const key = KEYS.get(converted?.[1] ?? converted?.[3] ?? converted?.[5] ?? "");
  if (converted !== null && key !== undefined) {
    const value = (converted[2] ?? converted[4] ?? converted[6] ?? "").replace(/^'(.*)'$/, "$1");
    return { supports: { quote, says: `Ansible could not make a number of ${key}: ${value === "" ? "its text is empty" : value}.` }, do: `Write ${key} as a whole number${key === "retries" ? "" : " of seconds"} (an hour is 3600; a division in a template needs \`| int\`).` };
  }
  const missing = UNDEFINED.exec(message);
  const name = KEYS.get(missing?.[1] ?? missing?.[2] ?? "");
  if (missing !== null && name !== undefined) {
    return { supports: { quote, says: `${name} takes its value from a variable that is not defined for this host.` }, do: `Define the variable, or give ${name} a default: \`{{ NAME | default(3600) }}\`.` };
  }
  const compared = COMPARED.exec(message)?.[1];
  if (compared === undefined) return undefined;
  return compared === ">"
    ? { supports: { quote, says: "Ansible compared a missing number of seconds with 0: async or poll is written without a value." }, do: "Give async and poll whole numbers, or drop the keyword. The work may have been done before this failure (empty async) or still run (empty poll): look before you run it again." }
    : { supports: { quote, says: "Ansible compared a missing number of seconds with 0: delay is written without a value." }, do: "Give delay a whole number of seconds, or drop the keyword." };
}

/** `async: yes` is a limit of one second, which 2.18 to 2.20 print as "Trues"; a negative one is not waited for at all. */
function judgeLimit(result: LoggedResult, story: Story): Judged | undefined {
  const limitSeconds = jobOf(story, result)?.limitSeconds;
  const message = textOf(result, "msg") ?? "";
  const printed = /^async task did not complete within the requested time - (1|True)s$/.exec(message)?.[1];
  if (printed === "True") return { supports: { quote: result.quote, says: "The limit is the word True: async is written as yes or true, which counts as one second." }, do: YES };
  if (printed === "1" || (limitSeconds === 1 && message.startsWith("async task produced unparsable"))) {
    return { supports: { quote: result.quote, says: "The limit was one second, which is what `async: yes` or `async: true` comes to." }, do: YES };
  }
  if (limitSeconds === undefined || limitSeconds >= 0) return undefined;
  return { supports: { quote: result.quote, says: `The job was started with a limit of ${limitSeconds} s: such a job is not waited for.` }, do: "Set async to the seconds that the work may take." };
}

const YES = "See what the playbook has for async: a yes or true counts as 1. Write the seconds that the work may take.";

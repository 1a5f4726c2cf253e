// The formats of `longhaul lint -f`, besides text: the one list.

import { codeclimate } from "./codeclimate.ts";
import { github } from "./github.ts";
import { lintJson } from "./json.ts";
import { junit } from "./junit.ts";
import { pep8 } from "./pep8.ts";
import type { LintReport } from "./report.ts";
import { sarif } from "./sarif.ts";

export type FormatName = "text" | "json" | "sarif" | "github" | "codeclimate" | "pep8" | "junit";

export const formats: Readonly<Record<Exclude<FormatName, "text">, (report: LintReport) => string>> = {
  json: lintJson,
  sarif,
  github,
  codeclimate,
  pep8,
  junit,
};

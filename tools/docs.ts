// Writes what is generated in the documentation: the example and evidence sections of each mode's page, the index of modes,
// the matrix, the man page. `node tools/docs.ts --check` writes nothing and fails when a page is not what it would be.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { modes } from "../src/catalogue/index.ts";
import type { Cannot, Mode } from "../src/model/mode.ts";
import { matrixPage } from "../proofs/matrix.ts";
import { equalSection } from "./equal/table.ts";
import { manPage } from "./man.ts";
import { faultsPage } from "./role/table.ts";

const root = join(import.meta.dirname, "..");
const catalogue = join(root, "src/catalogue");
const check = process.argv.includes("--check");

const pages = new Map<string, string>();
for (const mode of modes) pages.set(join(catalogue, mode.id, "README.md"), modePage(mode));
pages.set(join(root, "docs/modes.md"), indexPage());
pages.set(join(root, "docs/matrix.md"), matrixPage(catalogue));
pages.set(join(root, "docs/role-faults.md"), faultsPage());
pages.set(join(root, "docs/bridge.md"), bridgePage());
pages.set(join(root, "man/longhaul.1"), manPage((JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version));

const stale = [...pages].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
for (const [path, text] of stale) {
  if (check) console.error(`${relative(root, path)} is not up to date; run: npm run docs`);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
if (check && stale.length > 0) process.exitCode = 1;
else console.log(`${pages.size} pages, ${stale.length} ${check ? "out of date" : "written"}`);

/** A mode's page: the sections that people write, then the generated ones. */
function modePage(mode: Mode): string {
  const path = join(catalogue, mode.id, "README.md");
  const written = existsSync(path) ? readFileSync(path, "utf8") : `# ${mode.title}\n`;
  const prose = written.split(/^## (?:Broken|Repaired|Evidence)$/m, 1)[0]?.trimEnd() ?? "";
  return [prose, ...exampleSections(mode), evidenceSection(mode)].join("\n\n");
}

/** What people write, then what was played. */
function bridgePage(): string {
  const [prose = ""] = readFileSync(join(root, "docs/bridge.md"), "utf8").split(/^## Played plain and supervised$/m, 1);
  return `${prose.trimEnd()}\n\n${equalSection()}`;
}

function exampleSections(mode: Mode): readonly string[] {
  const example = (name: string): string => readFileSync(join(catalogue, mode.id, "examples", name), "utf8").trimEnd();
  const broken = `## Broken\n\n\`\`\`yaml\n${example("broken.yml")}\n\`\`\``;
  const said = typeof mode.lint === "function" ? `\n\n\`longhaul lint\` says:\n\n\`\`\`text\n${example("broken.txt")}\n\`\`\`` : "";
  if (typeof mode.fix !== "string") return [broken + said];
  const how = mode.fix === "safe" ? "--fix" : "--fix=all";
  return [broken + said, `## Repaired\n\nWhat \`longhaul lint ${how}\` makes of it:\n\n\`\`\`yaml\n${example("fixed.yml")}\n\`\`\``];
}

function evidenceSection(mode: Mode): string {
  const views = [viewLine("Lint", mode.lint), viewLine("Diagnose", mode.symptom), viewLine("On the host", mode.probe), viewLine("Fix", mode.fix)];
  const proofs = join(catalogue, mode.id, "proof");
  const recordings = existsSync(join(proofs, "recordings")) ? readdirSync(join(proofs, "recordings")) : [];
  const series = [...new Set(recordings.map((name) => /^\d+\.\d+/.exec(name)?.[0] ?? ""))].filter(Boolean).toSorted(bySeries);
  const proof = series.length === 0 ? "Not recorded yet." : `[The proof](proof/proof.yml) makes it happen; it was run on ansible-core ${series.join(", ")} and [recorded](proof/recordings).`;
  return `## Evidence\n\n${proof} What differs between versions is in [the matrix](../../../docs/matrix.md).\n\n${views.join("\n")}\n`;
}

function bySeries(a: string, b: string): number {
  return Number(a.split(".")[1]) - Number(b.split(".")[1]);
}

function viewLine(name: string, view: unknown): string {
  return isCannot(view) ? `- ${name}: no, ${view.cannot}.` : `- ${name}: ${typeof view === "string" ? view : "yes"}.`;
}

function isCannot(view: unknown): view is Cannot {
  return typeof view === "object" && view !== null && "cannot" in view;
}

function indexPage(): string {
  const rows = modes.map((mode) => {
    const cell = (view: unknown): string => (isCannot(view) ? "–" : typeof view === "string" ? view : "yes");
    return `| [${mode.id}](../src/catalogue/${mode.id}/README.md) | ${mode.title} | ${cell(mode.lint)} | ${cell(mode.symptom)} | ${cell(mode.probe)} | ${cell(mode.fix)} |`;
  });
  const head = "| mode | cause | lint | diagnose | on the host | fix |\n|---|---|---|---|---|---|";
  const messages = modes.flatMap((mode) => mode.messages.map((message) => ({ mode, message })));
  const byText = messages.toSorted((a, b) => (a.message.text < b.message.text ? -1 : 1));
  const messageRows = byText.map(({ mode, message }) => `| \`${message.text.replaceAll("|", "\\|")}\` | ${message.cores ?? "all"} | [${mode.id}](../src/catalogue/${mode.id}/README.md) |`);
  return `# Failure modes

Generated from the catalogue. A dash: the view cannot be; the mode's page says why.

${head}
${rows.join("\n")}

## Messages

What real ansible-core prints, and the modes behind it. \`*\` stands for the part that varies. \`longhaul explain "MESSAGE"\` looks here.

| message | ansible-core | mode |
|---|---|---|
${messageRows.join("\n")}
`;
}

// How long an editor waits: one file of an open project changes, and the whole is linted again. Prints JSON: {firstMs, againMs: [...]}.

import { readFileSync } from "node:fs";
import { modes } from "../src/catalogue/index.ts";
import { createSession } from "../src/engine/session.ts";
import { findYaml, projectFiles } from "../src/system/project-files.ts";

const CHANGES = 40;

const [directory = "."] = process.argv.slice(2);
process.chdir(directory);
const { files } = findYaml(["."]);
const session = createSession({ files: projectFiles, paths: files, modes });

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

const firstMs = timed(() => session.look());
const tasks = files.filter((path) => readFileSync(path, "utf8").includes("async"));
const againMs = Array.from({ length: CHANGES }, (_, index) => {
  const path = tasks[index % tasks.length] ?? "";
  const text = `${readFileSync(path, "utf8")}\n# change ${index}\n`;
  return timed(() => {
    session.update(path, text);
    session.look();
  });
});
console.log(JSON.stringify({ firstMs, againMs }));

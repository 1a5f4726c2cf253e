// Builds dist/ from src/main.ts: one file for the start, one for each command that is loaded on demand, the catalogue's pages, the host agent and the bridge.

import { build } from "esbuild";
import { copyFileSync, cpSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(ROOT, "dist");
const CATALOGUE = join(ROOT, "src/catalogue");
/** Read by package.json's `engines` and by bin/longhaul too; tools/tidy.test.ts compares the three. */
const NODE_FLOOR = "22.18";

/**
 * dist/main.js. It turns the compile cache on before the first module that is worth caching is loaded, and it runs on any Node,
 * to be able to say which one is needed.
 */
function launcher(): string {
  const [major, minor] = NODE_FLOOR.split(".");
  return `import * as module from "node:module";
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < ${major} || (major === ${major} && minor < ${minor})) {
  console.error(\`longhaul: needs Node.js ${NODE_FLOOR} or newer, this is \${process.versions.node}; install a newer one (nodejs.org) and run again.\`);
  process.exit(3);
}
module.enableCompileCache();
await import("./longhaul.js");
`;
}

/** Every mode's page by id, as `longhaul explain` prints it. */
function pages(): Record<string, string> {
  const ids = existsSync(CATALOGUE) ? readdirSync(CATALOGUE).toSorted() : [];
  const found = ids.map((id) => [id, join(CATALOGUE, id, "README.md")] as const).filter(([, page]) => existsSync(page));
  return Object.fromEntries(found.map(([id, page]) => [id, readFileSync(page, "utf8")]));
}

/** The licences of the packages that are bundled. In: the bundled source files, relative to the root. */
function licences(inputs: readonly string[]): string {
  const packages = new Set(inputs.flatMap((input) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []));
  return [...packages]
    .toSorted()
    .map((folder) => {
      const file = readdirSync(join(ROOT, folder)).find((name) => /^licen[cs]e/i.test(name));
      if (file === undefined) throw new Error(`${folder} has no licence file; it cannot be bundled`);
      return `${folder.slice("node_modules/".length)}\n\n${readFileSync(join(ROOT, folder, file), "utf8").trim()}\n`;
    })
    .join("\n----\n\n");
}

/** Bundles the sources into a folder. Out: the files that went in; undefined when it did not work, which esbuild has said. */
async function bundle(folder: string): Promise<readonly string[] | undefined> {
  try {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: { longhaul: "src/main.ts" },
      outdir: folder,
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: `node${NODE_FLOOR}`,
      chunkNames: "[name]-[hash]",
      // Names and layout stay, for stack traces; what costs at start-up is the number of modules, not their size.
      minifySyntax: true,
      legalComments: "none",
      metafile: true,
      logLevel: "warning",
      // Bundled CommonJS packages ask for Node's modules with require().
      banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
    });
    return Object.keys(metafile.inputs);
  } catch (error) {
    if (error instanceof Error && "errors" in error) return undefined;
    throw error;
  }
}

// Built beside dist/ and put in place at the end: when the build fails, or somebody runs the old one meanwhile, that is still whole.
const fresh = `${OUT}.${process.pid}`;
try {
  const inputs = await bundle(fresh);
  if (inputs === undefined) {
    process.exitCode = 1;
  } else {
    writeFileSync(join(fresh, "main.js"), launcher());
    for (const name of ["agent.py", "probes.py"]) copyFileSync(join(ROOT, "src/system/agent", name), join(fresh, name));
    cpSync(join(ROOT, "bridge"), join(fresh, "bridge"), { recursive: true, filter: (path) => !path.endsWith(".ts") && !path.endsWith("__pycache__") });
    writeFileSync(join(fresh, "pages.json"), JSON.stringify(pages()));
    writeFileSync(join(fresh, "THIRD-PARTY-LICENSES.txt"), licences(inputs));
    rmSync(OUT, { recursive: true, force: true });
    renameSync(fresh, OUT);
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

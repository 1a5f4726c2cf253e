// `longhaul init`: its options.

import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { EXITS } from "../options.ts";
import type { World } from "../world.ts";
import type { InitOptions, PieceName } from "./init.ts";
import type { Source } from "./pieces.ts";

const INIT_HELP = `
Examples:
  longhaul init                      # what is here, and what could be written
  longhaul init --config --pre-commit
  longhaul init --gitlab --source https://git.example.org/longhaul.git@v1
  longhaul init --collection --example --dry-run

A file that is there is never changed: what belongs into it is printed, and the
exit code is 1 as long as it is missing.
${EXITS}`;

type Flags = Partial<Record<"config" | "preCommit" | "github" | "gitlab" | "collection" | "example" | "dryRun", boolean>> & { readonly source?: Source };

const NAMES: Readonly<Record<PieceName, keyof Flags>> = {
  config: "config", "pre-commit": "preCommit", github: "github", gitlab: "gitlab", collection: "collection", example: "example",
};

/** `URL@REVISION`; the last @ counts, for a URL may have one of its own. */
function parseSource(value: string): Source {
  const [, url = "", revision = ""] = /^(\S+)@([^@\s:]+)$/.exec(value) ?? [];
  if (url === "" || !/^(?:https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/.test(url)) throw new InvalidArgumentError("It is the URL of a git repository, @, and a tag or commit.");
  return { url, revision };
}

export function addInit(world: World, program: Command, done: (exit: number) => void): void {
  program
    .command("init")
    .description("set a project up: configuration, hooks, pipelines, the collection")
    .option("--config", "longhaul.yml")
    .option("--pre-commit", "a hook in .pre-commit-config.yaml")
    .option("--github", "a workflow for GitHub")
    .option("--gitlab", "a job for GitLab")
    .option("--collection", "the collection longhaul.jobs in a requirements.yml")
    .option("--example", "a playbook that uses the role async_task")
    .option("--source <url@revision>", "where pipelines and Ansible get longhaul from", parseSource)
    .option("--dry-run", "print what would be written")
    .addHelpText("after", INIT_HELP)
    .action(async (flags: Flags) => {
      const { PIECES, runInit } = await import("./init.ts");
      const options: InitOptions = {
        wanted: PIECES.filter((name) => flags[NAMES[name]] === true),
        dryRun: flags.dryRun === true,
        ...(flags.source === undefined ? {} : { source: flags.source }),
      };
      done(runInit(world, options));
    });
}

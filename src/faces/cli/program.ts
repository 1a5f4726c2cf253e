// The command line: commands, options, help. What they do is a file each.

import { Argument, Command, CommanderError, Option } from "commander";
import { PROBLEM_EXITS, Problem } from "../../model/problem.ts";
import { printable } from "../../model/printable.ts";
import { PROFILES } from "../../model/settings.ts";
import type { Shell } from "./completion.ts";
import { addAdvise } from "./advise/command.ts";
import { addDiagnose } from "./diagnose-command.ts";
import { addExec } from "./exec/command.ts";
import { addHistory } from "./history/command.ts";
import { addInit } from "./init/command.ts";
import { addJobs } from "./jobs/command.ts";
import type { LintOptions } from "./lint.ts";
import { EXITS } from "./options.ts";
import { addEnv } from "./env/command.ts";
import { addRun } from "./run/command.ts";
import { addRuns } from "./runs/command.ts";
import { addVerify } from "./verify/command.ts";
import type { World } from "./world.ts";

const MAIN_HELP = `
Examples:
  ansible-playbook site.yml 2>&1 | tee run.log; longhaul diagnose run.log
  longhaul lint                      # everything below this directory
  longhaul lint --fix site.yml       # repair what is safe to repair
  longhaul explain "could not find job"
${EXITS}`;

const LINT_HELP = `
Examples:
  longhaul lint                      # this directory
  longhaul lint site.yml roles/      # a playbook and what it pulls in, roles
  longhaul lint --diff site.yml      # show the repairs, write nothing
  longhaul lint --fix site.yml       # make the safe repairs
  longhaul lint --fix=all site.yml   # also those that need your consent
  longhaul lint --changed=origin/main     # what a branch changes
  longhaul lint --core 2.16 roles/        # for one ansible-core only
  longhaul lint --stdin-name site.yml - < buffer
  longhaul lint -f json | jq '.findings[].mode'
${EXITS}`;

const EXPLAIN_HELP = `
Examples:
  longhaul explain                           # all modes
  longhaul explain status-of-polled-task
  longhaul explain "async task did not complete within the requested time"
${EXITS}`;

const COMPLETION_HELP = `
Examples:
  source <(longhaul completion bash)         # in ~/.bashrc
  source <(longhaul completion zsh)          # in ~/.zshrc, after compinit
  longhaul completion fish > ~/.config/fish/completions/longhaul.fish
${EXITS}`;

/** Runs one command line. In: the world, and the arguments after the program's name. Out: the exit code; never throws for a bad request. */
export async function runCli(world: World, argv: readonly string[]): Promise<number> {
  let exit = 0;
  const named = COMMANDS.filter(({ names }) => names.includes(argv[0] ?? ""));
  const program = buildProgram(
    world,
    (code) => {
      exit = code;
    },
    named.length > 0 ? named : COMMANDS,
  );
  try {
    // Of other commands the arguments may be somebody else's.
    await program.parseAsync(argv[0] === "lint" ? argv.map(spelledOut) : [...argv], { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : PROBLEM_EXITS["bad-usage"];
    if (!(error instanceof Problem)) throw error;
    world.err(`longhaul: ${printable(error.message)}\n`);
    return PROBLEM_EXITS[error.code];
  }
}

/** `--fix` and `--changed` take a value only with `=`: in `--fix site.yml` the file is a path. @internal Exported for a test of the documents. */
export function spelledOut(argument: string): string {
  return argument === "--fix=all" ? "--fix-all" : argument.replace(/^--changed=(?=.)/, "--changed-since=");
}

/** Options of lint as the command line gives them. */
interface LintFlags extends Pick<LintOptions, "format" | "stdinName" | "profile" | "core" | "baseline" | "writeBaseline" | "config" | "history"> {
  readonly fix?: boolean;
  readonly fixAll?: boolean;
  readonly yes?: boolean;
  readonly diff?: boolean;
  readonly changed?: boolean;
  readonly changedSince?: string;
}

/**
 * The command line. In: the world, what is told the exit code of a command that ran, and the commands that are in it.
 * @internal Exported for the man page.
 */
export function buildProgram(world: World, done: (exit: number) => void, commands: readonly CommandEntry[] = COMMANDS): Command {
  const program = new Command("longhaul")
    .description("Long-running Ansible tasks that finish, and the reason when one does not.")
    .version(world.version, "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: world.out,
      writeErr: world.err,
      getOutHelpWidth: () => world.columns,
      getErrHelpWidth: () => world.columns,
      outputError: (text, write) => write(text.replace(/^error: /, "longhaul: ")),
    })
    .showHelpAfterError("(longhaul --help shows what there is)")
    .addHelpText("after", MAIN_HELP);
  // Options of longhaul stand before the command.
  program.enablePositionalOptions();
  program.hook("preAction", async (_, command) => {
    // Ansible itself asks for them.
    if (command.name() === "exec") return;
    if (command.getOptionValue("askPass") === undefined && command.getOptionValue("askBecomePass") === undefined) return;
    const { askPasswords } = await import("./passwords.ts");
    await askPasswords(world, command);
  });
  for (const { add } of commands) add(world, program, done);
  return program;
}

function addLint(world: World, program: Command, done: (exit: number) => void): void {
  const format = (choices: readonly string[]): Option => new Option("-f, --format <format>", "how to print").choices(choices).default("text");
  program
    .command("lint")
    .description("find async mistakes in playbooks and roles, and repair them")
    .argument("[path...]", "playbooks, task files, roles, directories, -; this directory if none")
    .option("--fix", "make the safe repairs; --fix=all asks about the others")
    .addOption(new Option("--fix-all").hideHelp())
    .option("-y, --yes", "consent to every repair beforehand")
    .option("--diff", "show the repairs as a diff, write nothing")
    .addOption(new Option("--profile <profile>", "min: only what fails for certain; strict: info fails the run too").choices(PROFILES))
    .option("--core <versions>", "ansible-core: 2.16, 2.14-2.18, 2.17+, installed")
    .option("--changed", "only files that differ from the last commit; --changed=REF: from REF")
    .addOption(new Option("--changed-since <ref>").hideHelp())
    .option("--baseline <file>", "only findings that this file does not know")
    .option("--write-baseline <file>", "write what is found to this file, as known")
    .option("--config <file>", "configuration, instead of the nearest longhaul.yml")
    .option("--no-history", "leave out what was measured in earlier runs (longhaul history)")
    .option("--stdin-name <file>", "the path that standard input (-) stands for", "stdin.yml")
    .addOption(format(["text", "json", "sarif", "github", "codeclimate", "pep8", "junit"]))
    .addHelpText("after", LINT_HELP)
    .action(async (paths: readonly string[], { fix, fixAll, yes, diff, changed, changedSince, ...options }: LintFlags) => {
      const { runLint } = await import("./lint.ts");
      const wanted = fixAll === true ? { fix: "all" as const } : fix === true ? { fix: "safe" as const } : {};
      const since = changedSince !== undefined ? { changed: { reference: changedSince } } : changed === true ? { changed: {} } : {};
      done(await runLint(world, { paths, ...options, diff: diff === true, yes: yes === true, ...wanted, ...since }));
    });
}

function addExplain(world: World, program: Command, done: (exit: number) => void): void {
  program
    .command("explain")
    .description("one failure mode, or the modes that print a message")
    .argument("[mode-or-message...]", "the id of a mode, or words of a message")
    .addHelpText("after", EXPLAIN_HELP)
    .action(async (words: readonly string[]) => {
      const { runExplain } = await import("./explain.ts");
      done(await runExplain(world, words.length === 0 ? undefined : words.join(" ")));
    });
}

function addCompletion(world: World, program: Command): void {
  program
    .command("completion")
    .description("print a script that completes commands, options and modes in a shell")
    .addArgument(new Argument("<shell>", "the shell that is to read it").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", COMPLETION_HELP)
    .action(async (shell: Shell) => {
      const { completion } = await import("./completion.ts");
      world.out(completion(shell, program, await world.modes()));
    });
}

interface CommandEntry {
  /** Those of its commands that need no other: each is made alone, which is sooner. */
  readonly names: readonly string[];
  readonly add: (world: World, program: Command, done: (exit: number) => void) => void;
}

/** In the order of the help. */
const COMMANDS: readonly CommandEntry[] = [
  { names: ["lint"], add: addLint },
  { names: ["diagnose"], add: addDiagnose },
  { names: ["explain"], add: addExplain },
  { names: ["run"], add: addRun },
  { names: ["exec"], add: addExec },
  { names: ["runs", "show", "attach"], add: addRuns },
  { names: ["env"], add: addEnv },
  { names: ["jobs"], add: addJobs },
  { names: ["history"], add: addHistory },
  { names: ["verify"], add: addVerify },
  { names: ["advise"], add: addAdvise },
  { names: ["init"], add: addInit },
  { names: [], add: addCompletion },
];

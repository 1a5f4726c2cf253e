// The man page, made of the command line's own descriptions and help. tools/docs.ts writes it.

import type { Command } from "commander";
import { modes } from "../src/catalogue/index.ts";
import { buildProgram } from "../src/faces/cli/program.ts";
import { fakeWorld } from "../src/faces/cli/world.fake.ts";

/** In: the version that the page is of. Out: the page, in man(7). */
export function manPage(version: string): string {
  const world = { ...fakeWorld({}, modes), version };
  const program = buildProgram(world, () => undefined);
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => command.name() !== "help");
  const main = addedHelp(program, world.printed);
  const parts = [
    `.\\" Generated from the command line; npm run docs writes it.`,
    `.TH LONGHAUL 1 "" "longhaul ${version}" "User Commands"`,
    ".nh\n.ad l",
    section("NAME", [`longhaul \\- ${roff(lowerFirst(program.description().replace(/\.$/, "")))}`]),
    section("SYNOPSIS", [commands.map((command) => `.B longhaul ${command.name()}\n${roff(command.usage())}`).join("\n.br\n")]),
    section("DESCRIPTION", main.filter(({ head }) => head === "").map(({ lines }) => paragraph(lines))),
    section("COMMANDS", commands.flatMap((command) => [command, ...help.visibleCommands(command).filter((each) => each.name() !== "help")]).flatMap((command) => commandPart(command, addedHelp(command, world.printed)))),
    section("OPTIONS", options(program)),
    section("EXIT STATUS", main.filter(({ head }) => head === "Exit codes").map(({ lines }) => paragraph(lines))),
    section("EXAMPLES", main.filter(({ head }) => head === "Examples").map(({ lines }) => example(lines))),
    section("SEE ALSO", [".BR ansible (1),\n.BR ansible-playbook (1),\n.BR ansible-lint (1)"]),
  ];
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

/** A paragraph of the help below the options: `Examples:` and its lines, or words without a head. */
interface Added {
  readonly head: string;
  readonly lines: readonly string[];
}

/** What a command's help says after what commander makes of it. */
function addedHelp(command: Command, printed: { out: string }): readonly Added[] {
  printed.out = "";
  command.outputHelp();
  const paragraphs = printed.out.slice(command.helpInformation().length).trim().split(/\n{2,}/);
  return paragraphs.flatMap((text) => {
    const [, head = "", rest = ""] = /^(?:([A-Z][a-z ]+):\s+)?([^]*)$/.exec(text) ?? [];
    return rest === "" ? [] : [{ head, lines: rest.split("\n") }];
  });
}

/** A command: what it does, its arguments and options, its examples. Exit codes are the same for all, and told once. */
function commandPart(command: Command, added: readonly Added[]): readonly string[] {
  const help = command.createHelp();
  const values = command.registeredArguments.map((argument) => tagged(`\\fI${roff(argument.name())}\\fR`, help.argumentDescription(argument)));
  const own = added.filter(({ head }) => head !== "Exit codes").map(({ head, lines }) => `.PP\n${head === "Examples" ? example(lines) : paragraph(lines)}`);
  const above = command.parent?.parent ? `${command.parent.name()} ` : "";
  return [`.SS longhaul ${above}${command.name()}`, `${roff(upperFirst(command.description()))}.`, ...values, ...options(command), ...own];
}

function options(command: Command): readonly string[] {
  const help = command.createHelp();
  return help.visibleOptions(command).map((option) => {
    const flags = option.flags.replaceAll(/[^\s,]+/g, (word) => (word.startsWith("-") ? `\\fB${roff(word)}\\fR` : `\\fI${roff(word.replaceAll(/[<>]/g, ""))}\\fR`));
    return tagged(flags, help.optionDescription(option));
  });
}

function tagged(tag: string, text: string): string {
  return `.TP\n${tag}\n${roff(text)}`;
}

function section(head: string, parts: readonly string[]): string {
  return parts.length === 0 ? "" : `.SH ${head}\n${parts.join("\n")}`;
}

function paragraph(lines: readonly string[]): string {
  return lines.map((line) => roff(line.trim())).join("\n");
}

/** Lines as they are, but that comments follow at once: the columns of the help would make them too wide here. */
function example(lines: readonly string[]): string {
  return `.EX\n${lines.map((line) => roff(line.replace(/^ {2}/, "").replace(/ +(?=# )/, "  "))).join("\n")}\n.EE`;
}

/** Text for troff: no escapes, a hyphen that can be copied, no line that is a request. */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("~", "\\(ti").replaceAll("^", "\\(ha").replaceAll("`", "\\(ga").replaceAll(/^(?=[.'])/gm, "\\&").replaceAll("'", "\\(aq");
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

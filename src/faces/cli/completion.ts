// `longhaul completion`: a script for bash, zsh or fish that knows the commands, options, choices and modes there are.
// It is our own because @bomb.sh/tab (0.0.22), which fits commander, keeps shells from completing paths, and its scripts start
// Node at every Tab; these hold all words themselves.

import type { Argument, Command, Option } from "commander";
import { JOB_STATES } from "../../model/job-state.ts";
import type { Mode } from "../../model/mode.ts";

export type Shell = "bash" | "zsh" | "fish";

interface Word {
  readonly word: string;
  readonly says: string;
}

/** What can stand in a place: some words, a path, or what no shell can know. */
type Value = readonly Word[] | "path" | "anything";

interface Switch {
  readonly names: readonly string[];
  readonly says: string;
  /** Undefined where the option stands alone. */
  readonly value: Value | undefined;
}

/** A command, or the program itself, whose word is then empty; of a command below another the word is both: `jobs list`. */
interface Place extends Word {
  readonly switches: readonly Switch[];
  readonly value: Value;
  /** Commands below it. */
  readonly places: readonly Place[];
}

/** In: the whole command line and the catalogue. Out: the script that a shell reads. */
export function completion(shell: Shell, program: Command, modes: readonly Mode[]): string {
  const known: Known = { commands: [], modes: modes.map(({ id, title }) => ({ word: id, says: title })) };
  return PRINTERS[shell](program.name(), placeOf(program, "", known));
}

function placeOf(command: Command, word: string, known: Known): Place {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((each) => command.commands.length > 0 || each.name() !== "help");
  const commands = below.map((each) => ({ word: each.name(), says: each.description() }));
  const [argument] = command.registeredArguments;
  return {
    word,
    says: command.description(),
    switches: help.visibleOptions(command).map((option) => switchOf(option, known)),
    value: commands.length > 0 ? commands : argument === undefined ? "anything" : valueOf(argument.name(), argument, known),
    places: below.map((each) => placeOf(each, `${word} ${each.name()}`.trimStart(), { ...known, commands })),
  };
}

/** It, and all below it. */
function withBelow(place: Place): readonly Place[] {
  return [place, ...place.places.flatMap(withBelow)];
}

interface Known {
  /** Beside the command that is looked at. */
  readonly commands: readonly Word[];
  readonly modes: readonly Word[];
}

function switchOf(option: Option, known: Known): Switch {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const name = /<([^>]+)>/.exec(option.flags)?.[1];
  // A value that may be left out is not waited for.
  return { names, says: option.description, value: name === undefined ? undefined : valueOf(name, option, known) };
}

/** What a value can be: its choices if it has some, else what its name says. */
function valueOf(name: string, { argChoices }: Pick<Argument | Option, "argChoices">, { commands, modes }: Known): Value {
  if (argChoices !== undefined) return argChoices.map((word) => ({ word, says: "" }));
  if (name === "command") return commands;
  if (name.startsWith("mode")) return modes;
  if (name === "state") return JOB_STATES.map((word) => ({ word, says: "" }));
  return /^(?:path|file|log|dir)/.test(name) ? "path" : "anything";
}

const PRINTERS: Readonly<Record<Shell, (name: string, top: Place) => string>> = { bash, zsh, fish };

function wordsOf(value: readonly Word[]): string {
  return value.map(({ word }) => word).join(" ");
}

/** What stands before a command, and the command: ` jobs`, `jobs list`. */
function stepsOf(places: readonly Place[]): readonly string[] {
  return places.slice(1).map(({ word }) => (word.includes(" ") ? word : ` ${word}`));
}

function bash(name: string, top: Place): string {
  const places = withBelow(top);
  const words = (value: Value): string => (value === "path" ? ":" : value === "anything" ? "" : wordsOf(value));
  const values = places.flatMap(({ word, switches }) =>
    switches.flatMap(({ names, value }) => (value === undefined ? [] : [`    ${names.map((each) => `"${word} ${each}"`).join("|")}) words="${words(value)}" ;;`])),
  );
  // What is below a command comes before it: the pattern of that fits it too.
  const rest = places.toReversed().flatMap(({ word, switches, value }) => [
    `      "${word} -"*) words="${switches.flatMap(({ names }) => names).join(" ")}" ;;`,
    `      "${word} "*) words="${words(value)}" ;;`,
  ]);
  return `# Completes ${name} in bash.
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= words= word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
      ${stepsOf(places).map((step) => `"${step}"`).join("|")}) command=\${command:+$command }$word ;;
    esac
  done
  # In --format=json the = is a word of its own.
  if [[ $cur == "=" ]]; then cur=; elif [[ $prev == "=" ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case "$command $prev" in
${values.join("\n")}
    *) case "$command $cur" in
${rest.join("\n")}
    esac ;;
  esac
  # A colon stands for paths, which bash completes best itself; before bash 4 it cannot be asked to.
  if [[ $words == : ]]; then
    compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -F _${name} ${name}
`;
}

function zsh(name: string, top: Place): string {
  const functions = withBelow(top).filter(({ places }) => places.length > 0).map((place) => zshFunction(name, place));
  return `#compdef ${name}
# Completes ${name} in zsh.
${functions.join("")}# Read from fpath this file is the function's body; sourced, it only defines it.
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function zshName(name: string, { word }: Place): string {
  return `_${name}${word === "" ? "" : `_${word.replaceAll(" ", "_")}`}`;
}

/** Completes a command that has others below it. */
function zshFunction(name: string, place: Place): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/g, "\\$&");
  const action = (value: Value): string => (value === "path" ? "_files" : value === "anything" ? " " : `(${wordsOf(value)})`);
  const specs = ({ switches }: Place): readonly string[] =>
    switches.flatMap(({ names, says, value }) =>
      names.map((each) => {
        const joint = value === undefined ? "" : each.startsWith("--") ? "=" : "+";
        return quoted(`*${each}${joint}[${escaped(says)}]${value === undefined ? "" : `:value:${action(value)}`}`);
      }),
    );
  const last = ({ word }: Place): string => word.slice(word.lastIndexOf(" ") + 1);
  const cases = place.places.map((each) =>
    each.places.length > 0
      ? `        ${last(each)}) ${zshName(name, each)} ;;`
      : `        ${last(each)}) _arguments ${[...specs(each), quoted(`*:argument:${action(each.value)}`)].join(" \\\n          ")} ;;`,
  );
  return `${zshName(name, place)}() {
  local context state state_descr line curcontext=$curcontext
  typeset -A opt_args
  local -a commands=(
${place.places.map((each) => `    ${quoted(`${last(each)}:${each.says}`)}`).join("\n")}
  )
  _arguments -C ${[...specs(place), "'1: :->command'", "'*:: :->rest'"].join(" \\\n    ")} && return
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${cases.join("\n")}
      esac ;;
  esac
}
`;
}

function fish(name: string, top: Place): string {
  const places = withBelow(top);
  const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
  const says = (text: string): string => (text === "" ? "" : ` -d ${quoted(text)}`);
  const lines = places.flatMap(({ word, switches, value }) => {
    const start = `complete -c ${name} -n ${quoted(`__${name}_at ${quoted(word)}`)}`;
    const options = switches.map((each) => {
      const names = each.names.map((option) => (option.startsWith("--") ? ` -l ${option.slice(2)}` : ` -s ${option.slice(1)}`)).join("");
      const takes = each.value === undefined ? "" : each.value === "path" ? " -r -F" : each.value === "anything" ? " -x" : ` -x -a ${quoted(wordsOf(each.value))}`;
      return `${start}${names}${takes}${says(each.says)}`;
    });
    const values = value === "path" ? [`${start} -F`] : value === "anything" ? [] : value.map((each) => `${start} -a ${each.word}${says(each.says)}`);
    return [...options, ...values];
  });
  return `# Completes ${name} in fish.
function __${name}_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${stepsOf(places).map(quoted).join(" ")}
        set at (string trim "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
complete -c ${name} -f
${lines.join("\n")}
`;
}

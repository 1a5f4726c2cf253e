// The arguments of ansible-playbook, as far as a run must know them: what it only asks about, its playbooks, and what may be written down.

/** Options that take the next argument (cli/playbook.py and cli/arguments/option_helpers.py, ansible-core 2.14 to 2.21). */
const WITH_VALUE = new Set([
  ...["-i", "--inventory", "--inventory-file", "-l", "--limit", "-e", "--extra-vars", "-u", "--user", "-c", "--connection", "-T", "--timeout"],
  ...["--private-key", "--key-file", "--ssh-common-args", "--ssh-extra-args", "--sftp-extra-args", "--scp-extra-args", "--become-method", "--become-user"],
  ...["--vault-id", "--vault-password-file", "--vault-pass-file", "-M", "--module-path", "-f", "--forks", "-t", "--tags", "--skip-tags", "--start-at-task"],
  ...["--connection-password-file", "--conn-pass-file", "--become-password-file", "--become-pass-file"],
]);
const INVENTORY = new Set(["-i", "--inventory", "--inventory-file"]);
const EXTRA_VARS = new Set(["-e", "--extra-vars"]);
/** With one of these no task is run. */
const ASKS_ONLY = new Set(["-h", "--help", "--version", "--syntax-check", "--list-tasks", "--list-tags", "--list-hosts"]);
/** Options of `longhaul run` itself. */
const OWN = new Set(["-q", "--quiet", "--reattach", "--json"]);
/** Which hosts there are, and how they are reached: what `longhaul jobs` takes too. */
const OF_HOSTS = new Set(["-i", "--inventory", "-l", "--limit", "-u", "--user", "-c", "--connection", "--private-key", "--vault-id", "--vault-password-file"]);

interface Part {
  /** Option as written, without a value that is part of the word; undefined for a playbook. */
  readonly option: string | undefined;
  readonly value: string | undefined;
  readonly words: readonly string[];
}

function partsOf(args: readonly string[]): readonly Part[] {
  const parts: Part[] = [];
  let isOver = false;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    const next = args[at + 1];
    const long = /^(--[^=]+)=(.*)$/s.exec(word);
    const short = /^(-[A-Za-z])(.+)$/s.exec(word);
    if (isOver || !word.startsWith("-") || word === "-") parts.push({ option: undefined, value: word, words: [word] });
    else if (word === "--") isOver = true;
    else if (long !== null) parts.push({ option: long[1], value: long[2], words: [word] });
    else if (WITH_VALUE.has(word)) {
      parts.push({ option: word, value: next, words: next === undefined ? [word] : [word, next] });
      at += 1;
    } else if (short !== null && WITH_VALUE.has(short[1] ?? "")) parts.push({ option: short[1], value: short[2], words: [word] });
    else parts.push({ option: word, value: undefined, words: [word] });
  }
  return parts;
}

/** True where ansible-playbook only answers a question: nothing is to be supervised. */
export function asksOnly(args: readonly string[]): boolean {
  return partsOf(args).some(({ option }) => option !== undefined && ASKS_ONLY.has(option));
}

/** An option of longhaul's own among those of ansible-playbook, which has none of these names. */
export function misplacedOption(args: readonly string[]): string | undefined {
  return partsOf(args).find(({ option }) => option !== undefined && OWN.has(option))?.option;
}

/** The playbooks among the arguments. */
export function playbooksOf(args: readonly string[]): readonly string[] {
  return partsOf(args).flatMap(({ option, value }) => (option === undefined && value !== undefined ? [value] : []));
}

/** The inventories among the arguments. */
export function inventoriesOf(args: readonly string[]): readonly string[] {
  return partsOf(args).flatMap(({ option, value }) => (INVENTORY.has(option ?? "") && value !== undefined ? [value] : []));
}

/** The arguments with which other commands find the same hosts; of extra variables the files, as values of others may be secrets. */
export function hostsArguments(args: readonly string[]): readonly string[] {
  const isOfHosts = ({ option, value }: Part): boolean => option !== undefined && (OF_HOSTS.has(option) || (EXTRA_VARS.has(option) && value?.startsWith("@") === true));
  return partsOf(args).flatMap((part) => (isOfHosts(part) ? part.words : []));
}

/** The arguments as they may be kept: of extra variables only names and files, as their values may be secrets. */
export function withoutSecrets(args: readonly string[]): readonly string[] {
  return partsOf(args).flatMap(({ option, value, words }) => (option !== undefined && EXTRA_VARS.has(option) && value !== undefined ? [option, namesOnly(value)] : words));
}

function namesOnly(value: string): string {
  if (value.startsWith("@")) return value;
  return [...value.matchAll(/(?:^|\s)([A-Za-z_]\w*)=/g)].map(([, name]) => `${name ?? ""}=…`).join(" ") || "…";
}

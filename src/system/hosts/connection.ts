// From a host's variables to the command line that reaches it: what Ansible would run, with a Python that reads its program from standard input.
// Pure. Sources: plugins/connection/ssh.py (_build_command) and local.py, plugins/become/*.py of ansible-core 2.14 to 2.21.

import { createHash } from "node:crypto";
import { printable } from "../../model/printable.ts";
import { Problem } from "../../model/problem.ts";
import type { AnsibleSettings } from "./ansible-settings.ts";
import { shortName } from "./ansible-settings.ts";
import { BECOME_METHODS, VARIABLES } from "./connection-variables.ts";
import type { InventoryHost } from "./inventory.ts";
import { quoteWord, splitWords } from "./words.ts";

/** The options that Ansible's programs have for all hosts. As there, variables of a host win over them, and they over ansible.cfg. */
export interface ConnectionOptions {
  /** `-c` */
  readonly connection?: string;
  /** `-u` */
  readonly user?: string;
  /** `--private-key` */
  readonly privateKeyFile?: string;
  /** What `-k` asked for. */
  readonly password?: string;
  /** `-T` */
  readonly timeoutSeconds?: number;
  readonly sshCommonArgs?: string;
  readonly sshExtraArgs?: string;
  /** `-b` */
  readonly become?: boolean;
  readonly becomeMethod?: string;
  readonly becomeUser?: string;
  /** What `-K` asked for. */
  readonly becomePassword?: string;
}

export interface HostConnection {
  /** Name in the inventory. */
  readonly host: string;
  /** ssh, local, docker, podman or kubectl. */
  readonly kind: ConnectionKind;
  /** The program and its arguments. Holds no secret. */
  readonly command: readonly [string, ...string[]];
  /** The user who is become; undefined without become. */
  readonly becomeUser: string | undefined;
  /** Settings of Ansible's shell plug-in; undefined where they are at their defaults. */
  readonly asyncDir: string | undefined;
  readonly remoteTmp: string | undefined;
  /** For ssh, which asks for it by a program of ours; undefined where keys do. */
  readonly loginPassword: string | undefined;
  /** To be written when the prompt comes; only with sudo and su. */
  readonly becomePassword: string | undefined;
  /** That prompt, on standard error. */
  readonly becomePrompt: RegExp;
  /** How long ssh may take to connect. */
  readonly timeoutSeconds: number;
}

export type ConnectionKind = "ssh" | "local" | "docker" | "podman" | "kubectl";

/** What sudo prints when it wants the password. @internal for tests */
export const BECOME_PROMPT = "[longhaul: sudo password]";
/** su asks in the language of the host; it waits behind a colon. */
const SU_PROMPT = /[^\r\n]*[:：] ?$/;
const SUDO_PROMPT = /\[longhaul: sudo password\]/;
/** First line of a session with a password: the shell runs, nobody will ask any more. */
export const SHELL_READY = '{"event":"shell"}';
/** Said by the shell where no Python was found. */
export const NO_PYTHON = '{"event":"no-python"}';

/** Reads the length of a program in bytes, a line break, and the program. Holds no single quote, so that every shell can quote it. */
const BOOT = 'import sys;f=getattr(sys.stdin,"buffer",sys.stdin);exec(compile(f.read(int(f.readline())),"longhaul-agent","exec"))';
/** Where Python may be. Each is tried out: some are only a version manager's stand-ins. */
const PYTHONS = ["python3", "/usr/bin/python3", "/usr/libexec/platform-python", "python", "python2"];
const DEFAULT_SSH_ARGS = "-C -o ControlMaster=auto -o ControlPersist=60s";
const DEFAULT_TIMEOUT_SECONDS = 10;
const KEYS_ONLY = ["-o", "KbdInteractiveAuthentication=no", "-o", "PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey", "-o", "PasswordAuthentication=no"];
/** A lost connection is noticed within 45 s. */
export const KEEP_ALIVE: readonly string[] = ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"];

interface Surroundings {
  readonly host: InventoryHost;
  readonly settings: AnsibleSettings;
  readonly options: ConnectionOptions;
  readonly home: string;
}

type Variable = keyof typeof VARIABLES;

/**
 * In: a host, Ansible's settings, options, and the home directory for `~`. Out: how to reach it.
 * Throws Problem not-supported where longhaul cannot reach it as Ansible does, or bad-configuration where a value makes no sense.
 */
export function connectionOf(host: InventoryHost, around: { readonly settings: AnsibleSettings; readonly options: ConnectionOptions; readonly home: string }): HostConnection {
  const at: Surroundings = { host, ...around };
  if (host.unknown !== undefined) throw misconfigured(at, host.unknown);
  const kind = kindOf(at);
  if (/^(?:powershell|cmd)$/.test(valueOf(at, "shellType") ?? "")) throw unsupported(at, "Windows targets are not supported; lint and diagnose from logs still work");
  const become = becomeOf(at, kind);
  const script = become === undefined ? pythonScript(at) : become.script;
  const loginPassword = kind === "ssh" ? passwordOf(at) : undefined;
  const directories = { asyncDir: valueOf(at, "asyncDir") ?? settingOf(at, "sh.async_dir"), remoteTmp: valueOf(at, "remoteTmp") ?? settingOf(at, "sh.remote_tmp") };
  const rest = { host: host.name, kind, ...directories, loginPassword, becomeUser: become?.user, becomePassword: become?.password, becomePrompt: become?.isSu === true ? SU_PROMPT : SUDO_PROMPT, timeoutSeconds: timeoutSecondsOf(at) };
  switch (kind) {
    case "ssh":
      return { ...rest, command: sshCommand(at, script) };
    case "local":
      return { ...rest, command: ["/bin/sh", "-c", script] };
    case "docker":
      return { ...rest, command: dockerCommand(at, script) };
    case "podman":
      return { ...rest, command: podmanCommand(at, script) };
    case "kubectl":
      return { ...rest, command: kubectlCommand(at, script) };
  }
}

/** The docker_api plug-in speaks to the same containers as the docker command does. */
function kindOf(at: Surroundings): ConnectionKind {
  const said = valueOf(at, "connection") ?? at.options.connection ?? settingOf(at, "DEFAULT_TRANSPORT") ?? "ssh";
  switch (shortName(said)) {
    case "ssh":
    case "smart":
      return "ssh";
    case "local":
      return "local";
    case "docker":
    case "docker_api":
      return "docker";
    case "podman":
      return "podman";
    case "kubectl":
      return "kubectl";
    default:
      throw unsupported(at, `connection ${printable(said)} is not supported; ssh, local, docker, podman and kubectl are, and lint and diagnose from logs work without any`);
  }
}

/** The part that starts Python: the one that the inventory names, or the first that runs. */
function pythonScript(at: Surroundings): string {
  const named = valueOf(at, "python") ?? settingOf(at, "INTERPRETER_PYTHON") ?? "auto";
  if (/[\n\r\0]/.test(named)) throw misconfigured(at, "ansible_python_interpreter is more than one line");
  const boot = `-c '${BOOT}'`;
  // As in Ansible the shell sees the interpreter as it is written: `~/venv/bin/python` and `env python3` work.
  if (!/^auto(?:_legacy)?(?:_silent)?$/.test(named)) return `exec ${named} ${boot}`;
  return `for p in ${PYTHONS.join(" ")}; do "$p" -c "" </dev/null >/dev/null 2>&1 && exec "$p" ${boot}; done; echo '${NO_PYTHON}'; exit 127`;
}

function becomeOf(at: Surroundings, kind: ConnectionKind): { readonly script: string; readonly user: string; readonly password: string | undefined; readonly isSu?: true } | undefined {
  const wanted = booleanOf(valueOf(at, "become")) ?? at.options.become ?? booleanOf(settingOf(at, "DEFAULT_BECOME")) ?? false;
  if (!wanted) return undefined;
  const said = valueOf(at, "becomeMethod") ?? at.options.becomeMethod ?? settingOf(at, "DEFAULT_BECOME_METHOD") ?? "sudo";
  const method = BECOME_METHODS.find((each) => each === shortName(said));
  if (method === undefined) throw unsupported(at, `become method ${printable(said)} is not supported; sudo, su and doas are`);
  const of = (variable: Variable, short: string, setting: string): string | undefined =>
    textOf(at.host.variables[`ansible_${method}_${short}`]) ?? valueOf(at, variable) ?? (short === "user" ? at.options.becomeUser : undefined) ?? settingOf(at, `${method}.become_${setting}`) ?? settingOf(at, `DEFAULT_BECOME_${setting.toUpperCase()}`);
  const user = of("becomeUser", "user", "user") ?? "root";
  const exe = of("becomeExe", "exe", "exe") ?? method;
  const flags = of("becomeFlags", "flags", "flags") ?? (method === "sudo" ? "-H -S -n" : "");
  const password = of("becomePassword", "pass", "pass") ?? at.options.becomePassword;
  // It reads the password from a terminal only (readpassphrase with RPP_REQUIRE_TTY), and a terminal would spoil what the agent says.
  if (password !== undefined && method === "doas") throw unsupported(at, "become by doas with a password is not supported; sudo and su are, and so is doas without one");
  if (password?.includes("\n") === true) throw misconfigured(at, "the become password is more than one line");
  if (kind === "kubectl" && password !== undefined) throw unsupported(at, "become with a password inside a pod is not supported");
  const started = `echo '${SHELL_READY}'; ${pythonScript(at)}`;
  switch (method) {
    case "sudo": {
      const asking = password === undefined ? flags : `${withoutN(at, flags)} -p ${quoteWord(BECOME_PROMPT)}`;
      return { user, password, script: `exec ${exe} ${asking} -u ${quoteWord(user)} /bin/sh -c ${quoteWord(password === undefined ? pythonScript(at) : started)}` };
    }
    case "su":
      return { user, password, isSu: true, script: `exec ${exe} ${flags} ${quoteWord(user)} -c ${quoteWord(`exec /bin/sh -c ${quoteWord(password === undefined ? pythonScript(at) : started)}`)}` };
    case "doas":
      return { user, password, script: `exec ${exe} ${flags.includes("-n") ? flags : `${flags} -n`} -u ${quoteWord(user)} /bin/sh -c ${quoteWord(pythonScript(at))}` };
  }
}

/** Flags of sudo without the one that forbids to ask (become/sudo.py, build_become_command), and with the one that asks on standard input. */
function withoutN(at: Surroundings, flags: string): string {
  const kept = wordsOf(at, flags, "become_flags")
    .filter((flag) => flag !== "-n" && flag !== "--non-interactive")
    .map((flag) => (flag.startsWith("--") ? flag : flag.replace(/^(-\w*)n(\w*)$/, "$1$2")));
  return [...kept, ...(kept.some((flag) => /^-\w*S|^--stdin$/.test(flag)) ? [] : ["-S"])].map(quoteWord).join(" ");
}

function sshCommand(at: Surroundings, script: string): readonly [string, ...string[]] {
  if (valueOf(at, "pkcs11Provider") !== undefined) throw unsupported(at, "a PKCS#11 provider (ansible_ssh_pkcs11_provider) is not supported; load the key into ssh-agent");
  const options = sshOptions(at);
  const said = options.join(" ").toLowerCase();
  const persists = said.includes("controlpersist");
  const alive = said.includes("serveralive") ? [] : KEEP_ALIVE;
  return [
    expandHome(at, valueOf(at, "sshExecutable") ?? settingOf(at, "ssh.ssh_executable") ?? "ssh"),
    // First, as the first value counts: a master of Ansible's is used, none is made, nobody is asked.
    ...["-T", "-o", "ControlMaster=no", ...(passwordOf(at) === undefined ? ["-o", "BatchMode=yes"] : ["-o", "NumberOfPasswordPrompts=1"])],
    ...options,
    ...(persists && !said.includes("controlpath") ? ["-o", `ControlPath="${controlPath(at)}"`] : []),
    ...alive,
    "--",
    addressOf(at),
    // The login shell may be any: only /bin/sh sees the script.
    `exec /bin/sh -c ${quoteWord(script)}`,
  ];
}

/** In the order of Ansible's, as the first value of an option counts. */
function sshOptions(at: Surroundings): readonly string[] {
  const port = valueOf(at, "port") ?? settingOf(at, "ssh.port");
  const key = valueOf(at, "privateKeyFile") ?? at.options.privateKeyFile ?? settingOf(at, "ssh.private_key_file") ?? settingOf(at, "DEFAULT_PRIVATE_KEY_FILE");
  if (key === undefined && valueOf(at, "privateKey") !== undefined) throw unsupported(at, "a key in a variable (ansible_ssh_private_key) is not supported; use a key file, or ssh-agent");
  const user = userOf(at);
  const checking = booleanOf(valueOf(at, "hostKeyChecking") ?? settingOf(at, "ssh.host_key_checking") ?? settingOf(at, "HOST_KEY_CHECKING"));
  const words = (variable: Variable, setting: string, given?: string): readonly string[] =>
    wordsOf(at, valueOf(at, variable) ?? given ?? settingOf(at, `ssh.${setting}`) ?? (variable === "sshArgs" ? DEFAULT_SSH_ARGS : ""), setting);
  return [
    ...words("sshArgs", "ssh_args"),
    ...(checking === false ? ["-o", "StrictHostKeyChecking=no"] : []),
    ...(port === undefined ? [] : ["-o", `Port=${port}`]),
    ...(key === undefined ? [] : ["-o", `IdentityFile="${expandHome(at, key)}"`]),
    ...(passwordOf(at) === undefined ? KEYS_ONLY : []),
    ...(user === undefined ? [] : ["-o", `User="${user}"`]),
    ...["-o", `ConnectTimeout=${timeoutSecondsOf(at)}`],
    ...words("sshCommonArgs", "ssh_common_args", at.options.sshCommonArgs),
    ...words("sshExtraArgs", "ssh_extra_args", at.options.sshExtraArgs),
    // Nobody is there to say yes to an unknown key.
    ...(passwordOf(at) === undefined || checking === false ? [] : ["-o", "StrictHostKeyChecking=yes"]),
  ];
}

/** The socket of the master that Ansible keeps to this host (ssh.py, _create_control_path). */
function controlPath(at: Surroundings): string {
  const directory = expandHome(at, valueOf(at, "controlPathDirectory") ?? settingOf(at, "ssh.control_path_dir") ?? "~/.ansible/cp");
  const written = valueOf(at, "controlPath") ?? settingOf(at, "ssh.control_path");
  if (written !== undefined) return written.replaceAll("%(directory)s", directory).replaceAll("%%", "%");
  const port = valueOf(at, "port") ?? settingOf(at, "ssh.port") ?? "None";
  const identity = `${addressOf(at)}-${port}-${userOf(at) ?? "None"}`;
  return `${directory}/${createHash("sha1").update(identity).digest("hex").slice(0, 10)}`;
}

function dockerCommand(at: Surroundings, script: string): readonly [string, ...string[]] {
  const user = valueOf(at, "dockerUser") ?? userOf(at);
  const directory = valueOf(at, "dockerWorkingDirectory");
  const extra = wordsOf(at, valueOf(at, "dockerExtraArgs") ?? settingOf(at, "docker.docker_extra_args") ?? "", "docker_extra_args");
  const as = user === undefined ? [] : ["-u", user];
  return ["docker", ...extra, "exec", ...as, ...(directory === undefined ? [] : ["--workdir", directory]), "-i", valueOf(at, "dockerHost") ?? addressOf(at), "/bin/sh", "-c", script];
}

function podmanCommand(at: Surroundings, script: string): readonly [string, ...string[]] {
  const user = userOf(at);
  const extra = wordsOf(at, valueOf(at, "podmanExtraArgs") ?? settingOf(at, "podman.podman_extra_args") ?? "", "podman_extra_args");
  const as = user === undefined ? [] : ["--user", user];
  const program = valueOf(at, "podmanExecutable") ?? settingOf(at, "podman.podman_executable") ?? "podman";
  return [program, ...extra, "exec", ...as, "-i", valueOf(at, "podmanHost") ?? addressOf(at), "/bin/sh", "-c", script];
}

function kubectlCommand(at: Surroundings, script: string): readonly [string, ...string[]] {
  if (valueOf(at, "kubeSecret") !== undefined) throw unsupported(at, "a token or password for kubectl in a variable is not supported, as it would show in the list of processes; put it into a kubeconfig");
  const pod = valueOf(at, "pod") ?? settingOf(at, "kubectl.kubectl_pod");
  if (pod === undefined) throw misconfigured(at, "no pod is named; set ansible_kubectl_pod");
  const flag = (variable: Variable, setting: string, name: string): readonly string[] => {
    const value = valueOf(at, variable) ?? settingOf(at, `kubectl.${setting}`);
    return value === undefined ? [] : [name, value];
  };
  return [
    "kubectl",
    ...flag("kubeconfig", "kubectl_kubeconfig", "--kubeconfig"),
    ...flag("kubeContext", "kubectl_context", "--context"),
    ...flag("kubeServer", "kubectl_host", "--server"),
    ...flag("podNamespace", "kubectl_namespace", "-n"),
    ...wordsOf(at, valueOf(at, "kubeExtraArgs") ?? settingOf(at, "kubectl.kubectl_extra_args") ?? "", "kubectl_extra_args"),
    ...["exec", "-i", pod],
    ...flag("podContainer", "kubectl_container", "-c"),
    ...["--", "/bin/sh", "-c", script],
  ];
}

function addressOf(at: Surroundings): string {
  return valueOf(at, "host") ?? at.host.name;
}

function userOf(at: Surroundings): string | undefined {
  return valueOf(at, "user") ?? at.options.user ?? settingOf(at, "ssh.remote_user") ?? settingOf(at, "DEFAULT_REMOTE_USER");
}

function passwordOf(at: Surroundings): string | undefined {
  return valueOf(at, "password") ?? at.options.password;
}

function timeoutSecondsOf(at: Surroundings): number {
  const seconds = Number(valueOf(at, "timeoutSeconds") ?? at.options.timeoutSeconds ?? settingOf(at, "ssh.timeout") ?? settingOf(at, "DEFAULT_TIMEOUT") ?? DEFAULT_TIMEOUT_SECONDS);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : DEFAULT_TIMEOUT_SECONDS;
}

function valueOf(at: Surroundings, variable: Variable): string | undefined {
  return VARIABLES[variable].map((name) => textOf(at.host.variables[name])).findLast((text) => text !== undefined);
}

function settingOf(at: Surroundings, name: string): string | undefined {
  return textOf(at.settings.get(name));
}

/** Empty counts as not set, as in most of Ansible's options. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Ansible's words for yes and no (module_utils/parsing/convert_bool.py). */
function booleanOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  return /^(?:y|yes|on|1|true|t|1\.0)$/i.test(text.trim());
}

function wordsOf(at: Surroundings, line: string, what: string): readonly string[] {
  const words = splitWords(line);
  if (words === undefined) throw misconfigured(at, `${what} has a quote that is not closed`);
  return words;
}

function expandHome(at: Surroundings, path: string): string {
  return path === "~" || path.startsWith("~/") ? at.home + path.slice(1) : path;
}

function unsupported(at: Surroundings, what: string): Problem {
  return new Problem("not-supported", `${printable(at.host.name)}: ${what}`);
}

function misconfigured(at: Surroundings, what: string): Problem {
  return new Problem("bad-configuration", `${printable(at.host.name)}: ${what}`);
}

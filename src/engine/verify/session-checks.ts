// Checks of what a job runs in: its environment against a login's, sessions that end with the login, sudo, clock, connection.

import type { EnvironmentFacts, NeedFacts } from "../../model/host-facts.ts";
import { timeText } from "../../model/time-text.ts";
import type { Check, HostFinding } from "./host-look.ts";

/** Where the programs of a distribution are; that a login looks there too is no surprise. */
const USUAL_DIRS = new Set(["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/games", "/usr/local/games", "/snap/bin", "/var/lib/snapd/snap/bin", "/usr/lib/wsl/lib"]);
const USUAL_IN_HOME = /^\/(?:bin|\.local\/bin)$/;
/** What any distribution's start-up files set. */
const USUAL_VARIABLES = /^(?:LANG|LANGUAGE|LC_\w+|XDG_\w+|MAIL|LS_COLORS|LESS\w*|DBUS_SESSION_BUS_ADDRESS|HIST\w*|EDITOR|VISUAL|PAGER|TERM|HOSTNAME|LOGNAME|USER|SHELL|HOME|PATH|which_declare|MODULES\w*|MANPATH|INFOPATH|S_COLORS|DEBUGINFOD_\w+|BASH_\w+|ENV|PROFILEREAD|CVS_RSH|G_\w+|SSH_\w+|MOTD_SHOWN|INVOCATION_ID|PS1|UID|EUID|VTE_VERSION|COLORTERM|NO_AT_BRIDGE|SUDO_\w+)$/;
const SHOWN_AT_MOST = 6;
const CLOCK_SECONDS = 120;

/** What was named with --needs. */
export const hasWhatIsNeeded: Check = ({ facts: { environment } }) => environment?.needs.flatMap((need) => needFinding(need, environment)) ?? [];

function needFinding({ name, job, login }: NeedFacts, environment: EnvironmentFacts): readonly HostFinding[] {
  if (job === null || job.variable || job.program !== null) return [];
  const path = `PATH of a job: ${[...new Set((environment.path ?? "").split(":"))].join(", ")}`;
  if (login !== null && (login.variable || login.program !== null)) {
    const isProgram = login.program !== null;
    return [{
      id: "not-a-login-shell",
      severity: "error",
      what: `${name} is there for a login only: ${isProgram ? `a job does not find ${login.program}` : "a job does not have this variable"}.`,
      seen: isProgram ? [path] : [`the start-up files of ${environment.shell ?? "the shell"} set ${name}`],
      do: isProgram ? "Call it by its full path, or set PATH under environment." : "Set it under environment.",
    }];
  }
  const isVariable = /^[A-Z_][A-Z0-9_]*$/.test(name);
  return [{
    id: "needed-and-missing",
    severity: "error",
    what: `${name} is not there: there is no ${isVariable ? "variable" : "program"} of that name${login === null ? "" : ", for a login neither"}.`,
    seen: [...(isVariable ? [] : [path]), ...(login === null ? [`what a login has is not known: ${environment.unknown["login"] ?? "it was not told"}`] : [])],
    do: isVariable ? "Set it under environment." : "Install it, or call it by its full path.",
  }];
}

/** What only a login has and no distribution brings: somebody put it there, and may count on it. */
export const loginHasNoMore: Check = ({ facts: { environment } }) => {
  const login = environment?.login;
  if (environment === undefined || login == null) return [];
  const own = new Set((environment.path ?? "").split(":"));
  const home = environment.home ?? "/";
  const usual = (directory: string): boolean => USUAL_DIRS.has(directory) || (directory.startsWith(home) && USUAL_IN_HOME.test(directory.slice(home.length)));
  const directories = [...new Set((login.path ?? "").split(":"))].filter((directory) => directory !== "" && !own.has(directory) && !usual(directory));
  const variables = login.added.filter((name) => !USUAL_VARIABLES.test(name) && !name.startsWith("BASH_FUNC_"));
  if (directories.length + variables.length === 0) return [];
  return [{
    id: "not-a-login-shell",
    severity: "info",
    what: "A login has more than a job gets.",
    seen: [...(directories.length === 0 ? [] : [`in PATH: ${shown(directories)}`]), ...(variables.length === 0 ? [] : [`variables: ${shown(variables)}`])],
    do: "Where a job needs one of these, set it under environment; --needs NAME asks about one.",
  }];
};

function shown(names: readonly string[]): string {
  const rest = names.length - SHOWN_AT_MOST;
  return `${names.slice(0, SHOWN_AT_MOST).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** KillUserProcesses takes the whole scope of a session, daemons too, whether or not the user lingers (logind.conf(5)). */
export const outlivesTheLogin: Check = ({ facts: { sessions } }) => {
  if (sessions === undefined || sessions.kill_user_processes !== true || sessions.logind === false || sessions.in_session === false) return [];
  const user = sessions.login_user;
  if (user !== null && (sessions.exclude_users.includes(user) || (sessions.only_users.length > 0 && !sessions.only_users.includes(user)))) return [];
  const isSure = sessions.in_session === true && sessions.logind === true && user !== null;
  return [{
    id: "killed-at-logout",
    severity: isSure ? "error" : "warning",
    what: `systemd-logind ends everything that ${user ?? "a user"} has left running at the end of a session: jobs too.`,
    seen: [`KillUserProcesses=yes in ${sessions.kill_file ?? "the default of this systemd"}${sessions.kill_line === null ? "" : `:${sessions.kill_line}`}`, ...(sessions.in_session === true ? ["what is started here belongs to a session"] : [])],
    do: `Set KillUserProcesses=no there, or add ${user ?? "the user"} to KillExcludeUsers.`,
  }];
};

export const sudoNeedsNoTerminal: Check = ({ ready, facts: { sudo } }) => {
  const rules = sudo?.flags.filter(({ flag, scope }) => flag === "requiretty" && (scope === null || scope === `:${ready.user ?? ""}`)) ?? [];
  // A later line wins.
  const rule = rules.at(-1);
  if (rule?.on !== true) return [];
  return [{
    id: "sudo-requires-tty",
    severity: "warning",
    what: "sudo wants a terminal, and a job has none: a job that calls sudo itself fails.",
    seen: [`${rule.file}${rule.line === null ? "" : `:${rule.line}`}: Defaults${rule.scope ?? ""} requiretty`],
    do: "Let Ansible become the user (become: true) instead of calling sudo in the job, or take requiretty out.",
  }];
};

export const clockIsRight: Check = ({ clockAheadSeconds }) => {
  const off = Math.abs(clockAheadSeconds);
  if (off < CLOCK_SECONDS) return [];
  return [{ id: "clock-off", severity: "info", what: `The host's clock is ${timeText(off)} ${clockAheadSeconds > 0 ? "ahead of" : "behind"} this machine's.`, seen: [], do: "Correct the clocks (chrony, systemd-timesyncd); times in logs of both do not fit together." }];
};

export const connectionIsKept: Check = ({ keepAliveSeconds }) => {
  if (keepAliveSeconds !== 0) return [];
  return [{
    id: "no-keep-alive",
    severity: "info",
    what: "ssh sends no keep-alive: a connection that is silent for long may be cut by a firewall, and a dead one is noticed late.",
    seen: ["ServerAliveInterval is 0, by `ssh -G`"],
    do: "Set ServerAliveInterval 30 in ~/.ssh/config, or -o ServerAliveInterval=30 in ssh_args, where plays wait long between polls.",
  }];
};

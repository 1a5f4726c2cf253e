// What the probes of the agent tell about a host, read from their events. Null: not known; `unknown` says why, by the name of the fact.

import type { Fields } from "./fields.ts";
import { fieldsOf, flag, list, number, text, texts } from "./fields.ts";

interface Facts {
  readonly unknown: Readonly<Record<string, string>>;
}

export interface EnvironmentFacts extends Facts {
  readonly interpreter: string | null;
  /** `3.11.2` */
  readonly version: string | null;
  readonly user: string | null;
  /** Home by the password file, and `$HOME`. */
  readonly home: string | null;
  readonly home_env: string | null;
  /** PATH of a job. */
  readonly path: string | null;
  /** Login shell, by the password file. */
  readonly shell: string | null;
  readonly umask: number | null;
  readonly login: LoginFacts | null;
  /** What was asked about in `needs`. */
  readonly needs: readonly NeedFacts[];
}

/** How a login shell differs from what a job gets. Values are told of variables that hold paths only. */
export interface LoginFacts {
  readonly path: string | null;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

export interface NeedFacts {
  readonly name: string;
  readonly job: FoundFacts | null;
  readonly login: FoundFacts | null;
}

export interface FoundFacts {
  readonly variable: boolean;
  /** Where a program of that name is on the PATH. */
  readonly program: string | null;
}

export interface DirectoryFacts extends Facts {
  readonly path: string;
  /** As the request had it, `~` and all. */
  readonly asked: string;
  readonly exists: boolean;
  readonly kind: "directory" | "other" | null;
  readonly owner: string | null;
  readonly mode: number | null;
  /** The directory itself, or the nearest one above that exists: there a file was tried. */
  readonly nearest: string;
  /** What the system said to the tried file; null: it could be written. */
  readonly refused: string | null;
  readonly filesystem: { readonly type: string; readonly point: string; readonly options: readonly string[] } | null;
  /** Bytes, and inodes, for who is not root. */
  readonly free: number | null;
  readonly size: number | null;
  readonly inodes_free: number | null;
  readonly inodes: number | null;
}

export interface AsyncDirFacts extends DirectoryFacts {
  /** Where async_wrapper writes: `~` is `$HOME`. */
  readonly by_wrapper: string | null;
  /** Where async_status looks: `~` is the home of the password file. */
  readonly by_status: string;
  /** Number of job files. */
  readonly jobs: number | null;
}

export interface RemoteTmpFacts extends DirectoryFacts {
  readonly noexec: boolean | null;
  /** Whether setfacl can open a file to another user, in the system's temporary directory. */
  readonly acl: { readonly program: string | null; readonly works: boolean | null; readonly why: string | null };
}

export interface CleanersFacts extends Facts {
  readonly dirs: readonly string[];
  readonly cleaners: readonly CleanerFacts[];
  readonly systemd: boolean | null;
  /** Whether the timer of systemd-tmpfiles runs, and whether a cron does. */
  readonly tmpfiles_timer: boolean | null;
  /** Whether cron starts systemd-tmpfiles, as on hosts without systemd. */
  readonly tmpfiles_cron: boolean;
  readonly cron: boolean | null;
}

/** Something that removes old files of a directory. */
export interface CleanerFacts {
  readonly dir: string;
  readonly tool: string;
  readonly file: string;
  readonly line: number | null;
  /** The path that it names. */
  readonly path: string;
  /** Seconds; null: it goes by no age that is known. */
  readonly age: number | null;
  /** When the host starts. */
  readonly at_boot: boolean;
  /** False where it has conditions that were not understood. */
  readonly sure: boolean;
  /** The words of it that matter. */
  readonly text: string | null;
}

export interface SessionsFacts extends Facts {
  readonly logind: boolean | null;
  readonly kill_user_processes: boolean | null;
  readonly kill_file: string | null;
  readonly kill_line: number | null;
  readonly only_users: readonly string[];
  readonly exclude_users: readonly string[];
  readonly user: string | null;
  /** Who logged in, where somebody else was become. */
  readonly login_user: string | null;
  readonly linger: boolean | null;
  /** Whether what is started now belongs to a session of logind, and ends with it. */
  readonly in_session: boolean | null;
}

export interface SudoFacts extends Facts {
  readonly program: string | null;
  readonly flags: readonly { readonly flag: string; readonly on: boolean; readonly scope: string | null; readonly file: string; readonly line: number | null }[];
  /** False where a part of the configuration may not be read. */
  readonly complete: boolean;
}

export interface ClockFacts extends Facts {
  readonly now: number | null;
  readonly boot_id: string | null;
  readonly uptime: number | null;
  readonly timezone: string | null;
  readonly utc_offset: number | null;
}

export function environmentFacts(fields: Fields): EnvironmentFacts {
  const login = fieldsOf(fields["login"]);
  return {
    interpreter: text(fields["interpreter"]),
    version: text(fields["version"]),
    user: text(fields["user"]),
    home: text(fields["home"]),
    home_env: text(fields["home_env"]),
    path: text(fields["path"]),
    shell: text(fields["shell"]),
    umask: number(fields["umask"]),
    login: login === undefined ? null : { path: text(login["path"]), added: texts(login["added"]), changed: texts(login["changed"]), values: words(login["values"]) },
    needs: list(fields["needs"], (need) => ({ name: text(need["name"]) ?? "", job: found(need["job"]), login: found(need["login"]) })),
    ...unknown(fields),
  };
}

function found(value: unknown): FoundFacts | null {
  const fields = fieldsOf(value);
  return fields === undefined ? null : { variable: fields["variable"] === true, program: text(fields["program"]) };
}

function directory(fields: Fields): DirectoryFacts {
  const filesystem = fieldsOf(fields["filesystem"]);
  const kind = fields["kind"];
  return {
    path: text(fields["path"]) ?? "",
    asked: text(fields["asked"]) ?? "",
    exists: fields["exists"] === true,
    kind: kind === "directory" || kind === "other" ? kind : null,
    owner: text(fields["owner"]),
    mode: number(fields["mode"]),
    nearest: text(fields["nearest"]) ?? "",
    refused: text(fields["refused"]),
    filesystem: filesystem === undefined ? null : { type: text(filesystem["type"]) ?? "", point: text(filesystem["point"]) ?? "", options: texts(filesystem["options"]) },
    free: number(fields["free"]),
    size: number(fields["size"]),
    inodes_free: number(fields["inodes_free"]),
    inodes: number(fields["inodes"]),
    ...unknown(fields),
  };
}

export function asyncDirFacts(fields: Fields): AsyncDirFacts {
  return { ...directory(fields), by_wrapper: text(fields["by_wrapper"]), by_status: text(fields["by_status"]) ?? "", jobs: number(fields["jobs"]) };
}

export function remoteTmpFacts(fields: Fields): RemoteTmpFacts {
  const acl = fieldsOf(fields["acl"]) ?? {};
  return { ...directory(fields), noexec: flag(fields["noexec"]), acl: { program: text(acl["program"]), works: flag(acl["works"]), why: text(acl["why"]) } };
}

export function cleanersFacts(fields: Fields): CleanersFacts {
  return {
    dirs: texts(fields["dirs"]),
    cleaners: list(fields["cleaners"], (cleaner) => ({
      dir: text(cleaner["dir"]) ?? "",
      tool: text(cleaner["tool"]) ?? "",
      file: text(cleaner["file"]) ?? "",
      line: number(cleaner["line"]),
      path: text(cleaner["path"]) ?? "",
      age: number(cleaner["age"]),
      at_boot: cleaner["at_boot"] === true,
      sure: cleaner["sure"] === true,
      text: text(cleaner["text"]),
    })),
    systemd: flag(fields["systemd"]),
    tmpfiles_timer: flag(fields["tmpfiles_timer"]),
    tmpfiles_cron: fields["tmpfiles_cron"] === true,
    cron: flag(fields["cron"]),
    ...unknown(fields),
  };
}

export function sessionsFacts(fields: Fields): SessionsFacts {
  return {
    logind: flag(fields["logind"]),
    kill_user_processes: flag(fields["kill_user_processes"]),
    kill_file: text(fields["kill_file"]),
    kill_line: number(fields["kill_line"]),
    only_users: texts(fields["only_users"]),
    exclude_users: texts(fields["exclude_users"]),
    user: text(fields["user"]),
    login_user: text(fields["login_user"]),
    linger: flag(fields["linger"]),
    in_session: flag(fields["in_session"]),
    ...unknown(fields),
  };
}

export function sudoFacts(fields: Fields): SudoFacts {
  return {
    program: text(fields["program"]),
    flags: list(fields["flags"], (each) => {
      const name = text(each["flag"]);
      return name === null ? undefined : { flag: name, on: each["on"] === true, scope: text(each["scope"]), file: text(each["file"]) ?? "", line: number(each["line"]) };
    }),
    complete: fields["complete"] === true,
    ...unknown(fields),
  };
}

export function clockFacts(fields: Fields): ClockFacts {
  return {
    now: number(fields["now"]),
    boot_id: text(fields["boot_id"]),
    uptime: number(fields["uptime"]),
    timezone: text(fields["timezone"]),
    utc_offset: number(fields["utc_offset"]),
    ...unknown(fields),
  };
}

function unknown(fields: Fields): Facts {
  return { unknown: words(fields["unknown"]) };
}

function words(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(value) ?? {}).flatMap(([name, each]) => (typeof each === "string" ? [[name, each]] : [])));
}

// What the agent's probes tell about jobs: where their files are, what the kernel killed, and what their wrappers have logged.

import type { Fields } from "./fields.ts";
import { list, number, text, texts } from "./fields.ts";
import type { JobName } from "./host.ts";
import type { HostSeen, Kills, WrapperLog } from "./host-looks.ts";

export interface Place extends JobName {
  /** The user in whose home it is. */
  readonly home: string | null;
  /** False where only a process was found and its directory may not be seen: then it is the usual one of its user. */
  readonly isSure: boolean;
}

/** The answer to `find-job`. */
export interface Search extends Pick<HostSeen, "searched" | "isComplete" | "closed" | "left" | "directories" | "asyncDir"> {
  /** Where files or processes of the jobs are. */
  readonly places: readonly Place[];
}

/** In: the facts of a `find-job` probe. */
export function searchFacts(fields: Fields): Search {
  return {
    places: list(fields["places"], (place) => {
      const [dir, jid] = [text(place["dir"]), text(place["jid"])];
      return dir === null || jid === null ? undefined : { dir, jid, home: text(place["home"]), isSure: place["sure"] === true };
    }),
    searched: number(fields["searched"]) ?? 0,
    isComplete: fields["complete"] === true,
    closed: texts(fields["closed"]),
    left: fields["left_known"] !== true ? undefined : list(fields["left"], (each) => {
      const [pid, uid, start] = [number(each["pid"]), number(each["uid"]), number(each["start"])];
      return pid === null || uid === null || start === null ? undefined : { pid, uid, start, argv: text(each["argv"]) ?? "" };
    }),
    directories: list(fields["dirs"], (dir) => ({
      path: text(dir["path"]) ?? "",
      home: text(dir["home"]),
      exists: dir["exists"] === true,
      owner: text(dir["owner"]),
      mode: number(dir["mode"]),
      refusedTo: text(dir["refused_to"]),
      freeBytes: number(dir["free"]),
      freeInodes: number(dir["inodes_free"]),
      isOpen: dir["open"] === true,
    })),
    asyncDir: text(fields["async_dir"]),
  };
}

/** In: the facts of a `kernel-log` probe. */
export function killsFacts(fields: Fields): Kills {
  const oom = list(fields["oom"], (each) => {
    const [at, pid] = [number(each["at"]), number(each["pid"])];
    return at === null || pid === null ? undefined : { at, pid, name: text(each["name"]) ?? "" };
  });
  const cgroups = list(fields["cgroups"], (each) => {
    const [path, kills] = [text(each["path"]), number(each["kills"])];
    return path === null || kills === null ? undefined : { path, kills, uid: number(each["uid"]), isOwn: each["own"] === true, jids: texts(each["jids"]) };
  });
  return { oom, unknown: text(fields["unreadable"]), cgroups };
}

/** In: the facts of a `wrapper-log` probe. */
export function wrapperLogFacts(fields: Fields): WrapperLog {
  const said = list(fields["said"], (each) => {
    const [jid, at, line] = [text(each["jid"]), number(each["at"]), text(each["text"])];
    return jid === null || at === null || line === null ? undefined : { jid, at, text: line };
  });
  return { said, unknown: text(fields["unreadable"]) };
}

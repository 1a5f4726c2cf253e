// What was found on the hosts about the jobs of a log. What could not be looked at is a fact too: it is unknown, never well.

import type { CleanerFacts, NeedFacts } from "./host-facts.ts";
import type { JobReport } from "./host.ts";
import type { JobState } from "./job-state.ts";

/** One look at every host that was asked about, by the host's name in the inventory. */
export type HostLooks = ReadonlyMap<string, HostLook>;

export type HostLook = HostSeen | HostUnseen;

/** A host that could not be looked at. */
export interface HostUnseen {
  readonly host: string;
  readonly seen: false;
  /** One line without the host's name: what is wrong, and the next step. */
  readonly why: string;
}

export interface HostSeen {
  readonly host: string;
  readonly seen: true;
  /** As whom it was looked at. */
  readonly user: string;
  /** When it was started, in seconds since 1970. */
  readonly bootedAt: number | undefined;
  /** The async dir of that user, as an absolute path: that of the inventory, or Ansible's default. */
  readonly asyncDir: string | null;
  /** Every file of a job that was asked about, and its processes, wherever they are. */
  readonly sightings: readonly Sighting[];
  /** How many directories were looked into. */
  readonly searched: number;
  /** False where the search was ended by its bounds. */
  readonly isComplete: boolean;
  /** Those that may hold a job file and could not be looked into. */
  readonly closed: readonly string[];
  /** Processes that async jobs have started and that no wrapper holds any more. Undefined where not all could be looked at. */
  readonly left: readonly LeftProcess[] | undefined;
  readonly directories: readonly DirectoryLook[];
  readonly kills: Kills;
  readonly wrapperLog: WrapperLog;
  /** The Python that it was looked at with, where programs were asked about: `/usr/bin/python3 (3.11.2)`. */
  readonly python: string | undefined;
  /** Programs that a task did not find. */
  readonly needs: readonly NeedFacts[];
  /** What removes old files of the directories. */
  readonly cleaners: readonly CleanerFacts[];
}

export interface Sighting {
  readonly report: JobReport;
  readonly state: JobState;
  /** What the state rests on, most telling first. */
  readonly because: readonly string[];
  /** The user in whose home it is; null where it is in nobody's. */
  readonly home: string | null;
  /** False where its directory may not be seen: then a missing file means nothing. */
  readonly isSure: boolean;
  /** Texts of its result that tell a killed module from others: what it printed, and its errors. */
  readonly printed: { readonly data: string; readonly stderr: string } | undefined;
}

export interface LeftProcess {
  readonly pid: number;
  readonly uid: number;
  /** Seconds since 1970. */
  readonly start: number;
  readonly argv: string;
}

/** A directory that job files were to be in. */
export interface DirectoryLook {
  readonly path: string;
  /** The user in whose home it is; null where it is in nobody's. */
  readonly home: string | null;
  readonly exists: boolean;
  readonly owner: string | null;
  readonly mode: number | null;
  /** Who is known not to be able to make a file in it: the user in whose home it is, or the one who looks. */
  readonly refusedTo: string | null;
  /** Of its file system, or of that of the nearest directory above it. */
  readonly freeBytes: number | null;
  readonly freeInodes: number | null;
  /** True where every login of the host gets into it. */
  readonly isOpen: boolean;
}

/** What the kernel killed for want of memory. */
export interface Kills {
  readonly oom: readonly OomKill[];
  /** Why the kernel's log could not be read; null where it was: then no kill in it means that it holds none. */
  readonly unknown: string | null;
  /** Cgroups in which something was killed, whenever. */
  readonly cgroups: readonly CgroupKills[];
}

export interface CgroupKills {
  readonly path: string;
  readonly kills: number;
  /** The user whose logins are in it. */
  readonly uid: number | null;
  /** True where logins such as the one that looked get into it: what Ansible starts does too. */
  readonly isOwn: boolean;
  /** Jobs whose processes are in it. */
  readonly jids: readonly string[];
}

/** What the wrappers of jobs have written to the system's log. */
export interface WrapperLog {
  readonly said: readonly WrapperLine[];
  /** Why it could not be read; null where it was. */
  readonly unknown: string | null;
}

export interface WrapperLine {
  readonly jid: string;
  /** Seconds since 1970. */
  readonly at: number;
  readonly text: string;
}

export interface OomKill {
  /** Seconds since 1970, by the clock of the kernel's log. */
  readonly at: number;
  readonly pid: number;
  readonly name: string;
}

/** A job, by the host it should be on. */
export interface JobRef {
  readonly host: string;
  readonly jid: string;
}

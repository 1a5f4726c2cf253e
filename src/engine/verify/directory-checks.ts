// Checks of the async dir and the temporary directory: can they be written, are both sides looking at the same one, who empties them.

import type { CleanerFacts, CleanersFacts, DirectoryFacts } from "../../model/host-facts.ts";
import { timeText } from "../../model/time-text.ts";
import { bytesText, modeText } from "./amounts.ts";
import type { Check, HostFinding, HostLook } from "./host-look.ts";

/** What the system says of ENOSPC and EDQUOT. */
const FULL = /no space left|quota/i;
/** Less than this, and the output of a job may not fit. */
const LITTLE_BYTES = 16_000_000;
const FEW_INODES = 1000;
const MANY_JOBS = 10_000;
/** A job that takes longer than this is rare enough to be only told about. */
const LONG_SECONDS = 86_400;

export const asyncDirIsWritable: Check = ({ ready, facts: { asyncDir }, proof }) => {
  if (asyncDir?.refused == null || proof?.kind === "well" || FULL.test(asyncDir.refused)) return [];
  const what = asyncDir.exists && asyncDir.kind === "other" ? `${asyncDir.path} is no directory.` : `${userOf(ready.user)} may not ${asyncDir.exists ? "write in" : "make"} ${asyncDir.path}: ${asyncDir.refused}.`;
  return [{
    id: "async-dir-unwritable",
    severity: "error",
    what,
    seen: [ownerOf(asyncDir)],
    do: `Make it beforehand, owned by the user that the task runs as, or set ansible_async_dir to a directory that this user may write.`,
  }];
};

export const diskHasRoom: Check = ({ facts: { asyncDir, remoteTmp } }) => {
  const found: HostFinding[] = [];
  const places = new Set<string>();
  for (const directory of [asyncDir, remoteTmp]) {
    const place = directory?.filesystem?.point ?? directory?.nearest;
    if (directory === undefined || place === undefined || places.has(place)) continue;
    const { refused, free, inodes_free: inodes } = directory;
    const isFull = refused !== null && FULL.test(refused);
    const isLow = (free !== null && free < LITTLE_BYTES) || (inodes !== null && inodes < FEW_INODES);
    if (!isFull && !isLow) continue;
    places.add(place);
    const left = [free === null ? [] : `${bytesText(free)} free`, inodes === null ? [] : `${inodes} inodes free`].flat().join(", ");
    found.push({
      id: "disk-full",
      severity: isFull ? "error" : "warning",
      what: isFull ? `There is no room for files in ${directory.path}: ${refused}.` : `There is little room for files in ${directory.path}: ${left}.`,
      seen: [`${mountOf(directory)}: ${left === "" ? "free space is not known" : left}`],
      do: "Make room there, or set ansible_async_dir and ansible_remote_tmp to a directory on another file system.",
    });
  }
  return found;
};

export const bothSidesAgree: Check = ({ ready, facts: { asyncDir }, proof }) => {
  if (asyncDir === undefined || asyncDir.by_wrapper === asyncDir.by_status || proof?.kind === "well") return [];
  const { by_wrapper: written, by_status: read } = asyncDir;
  return [{
    id: "status-in-another-dir",
    severity: proof?.kind === "failed" && proof.step === "status" ? "error" : "warning",
    what: `A job writes its file in ${written ?? "a directory that is not known"}, async_status looks in ${read}.`,
    seen: [`ansible_async_dir is ${asyncDir.asked}`, `$HOME is ${ready.home_env ?? "not set"}, the password file says ${ready.home ?? "nothing of this user"}`],
    do: "Set ansible_async_dir to an absolute path.",
  }];
};

export const nobodyCleans: Check = ({ facts: { cleaners } }) => cleaners?.cleaners.filter(({ at_boot: atBoot }) => !atBoot).flatMap((rule) => cleanerFinding(rule, cleaners)) ?? [];

export const filesSurviveReboot: Check = ({ facts: { asyncDir, cleaners } }) => {
  const atBoot = cleaners?.cleaners.find((rule) => rule.at_boot);
  const inMemory = /^(?:tmpfs|ramfs)$/.test(asyncDir?.filesystem?.type ?? "");
  if (asyncDir === undefined || (!inMemory && atBoot === undefined)) return [];
  const seen = inMemory ? mountOf(asyncDir) : `${placeOf(atBoot)}: ${atBoot?.text ?? ""} ${atBoot?.path ?? ""}`;
  return [{ id: "gone-after-reboot", severity: "info", what: "Job files are gone after a reboot, and with them what a job returned.", seen: [seen], do: "Set ansible_async_dir to a directory that stays, when a job may outlive a reboot or be looked at after one." }];
};

function cleanerFinding(rule: CleanerFacts, { tmpfiles_timer: timer, tmpfiles_cron: isByCron, cron }: CleanersFacts): readonly HostFinding[] {
  const runs = rule.tool === "systemd-tmpfiles" && !(isByCron && timer === false) ? timer : cron;
  // What nothing starts removes nothing.
  if (runs === false) return [];
  const after = rule.age === null ? "at an age that is not known" : rule.age === 0 ? "whatever their age" : `after ${timeText(rule.age)}`;
  const isSoon = rule.age !== null && rule.age < LONG_SECONDS && rule.sure;
  return [{
    id: "job-file-removed",
    severity: isSoon ? "warning" : "info",
    what: `${rule.tool} ${rule.sure ? "removes" : "may remove"} files in ${rule.dir} ${after}; a job that runs longer, or is asked about later, is not found any more.`,
    seen: [`${placeOf(rule)}: ${rule.tool === "systemd-tmpfiles" ? `${rule.text ?? ""} ${rule.path}` : (rule.text ?? rule.path)}`, ...(runs === null ? ["whether it is started by itself is not known"] : [])],
    do: "Take the directory out of it, or set ansible_async_dir to one that is not cleaned.",
  }];
}

export const fewJobs: Check = ({ facts: { asyncDir } }) => {
  if (asyncDir?.jobs == null || asyncDir.jobs < MANY_JOBS) return [];
  return [{ id: "many-job-files", severity: "info", what: `${asyncDir.path} holds ${asyncDir.jobs} job files; Ansible removes none by itself.`, seen: [], do: "Remove old ones." }];
};

export const remoteTmpServes: Check = (look) => {
  const { facts: { remoteTmp }, proof, becomeUser } = look;
  if (remoteTmp === undefined || proof?.kind === "well") return [];
  const blank = /\s/.test(becomeUser === undefined ? remoteTmp.path : remoteTmp.asked);
  const found: HostFinding[] = [];
  if (blank) {
    found.push({
      id: "remote-tmp-with-space",
      severity: "error",
      what: `The temporary directory has a blank in its path: ${remoteTmp.path}. Tasks with async fail in it, others do not.`,
      seen: [`ansible_remote_tmp is ${remoteTmp.asked}`],
      do: "Set ansible_remote_tmp (remote_tmp in ansible.cfg) to a path without blanks.",
    });
  }
  // Ansible makes it as the login user; with become it is another one who looks.
  if (remoteTmp.refused !== null && !FULL.test(remoteTmp.refused) && becomeUser === undefined) {
    found.push({
      id: "remote-tmp-unwritable",
      severity: launchFailed(look) ? "error" : "warning",
      what: `${userOf(look.ready.user)} may not write in ${remoteTmp.path}: ${remoteTmp.refused}.`,
      seen: [ownerOf(remoteTmp)],
      do: "Set ansible_remote_tmp (remote_tmp in ansible.cfg) to a directory that this user may write.",
    });
  }
  return found;
};

export const becomeFindsItsFiles: Check = (look) => {
  const { facts: { remoteTmp }, proof, becomeUser } = look;
  if (becomeUser === undefined || becomeUser === "root" || remoteTmp?.acl.works !== false || proof?.kind === "well") return [];
  return [{
    id: "become-unprivileged-tmp",
    severity: launchFailed(look) ? "error" : "warning",
    what: `${becomeUser} may not be able to read what Ansible writes for a task: files cannot be opened to a user without rights of root.`,
    seen: [remoteTmp.acl.why ?? "setfacl does not work"],
    do: "Install the package acl on the host.",
  }];
};

function launchFailed({ proof }: HostLook): boolean {
  return proof?.kind === "failed" && proof.step === "launch";
}

function userOf(name: string | null): string {
  return name ?? "The user";
}

function placeOf(rule: CleanerFacts | undefined): string {
  return rule === undefined ? "" : `${rule.file}${rule.line === null ? "" : `:${rule.line}`}`;
}

function ownerOf({ nearest, path, exists, owner, mode }: DirectoryFacts): string {
  if (!exists) return `${path} is not there; the nearest directory above is ${nearest}`;
  return `${path} belongs to ${owner ?? "a user without a name"}${mode === null ? "" : `, mode ${modeText(mode)}`}`;
}

function mountOf({ filesystem, nearest }: DirectoryFacts): string {
  return filesystem === null ? nearest : `${nearest} is on ${filesystem.point} (${filesystem.type})`;
}

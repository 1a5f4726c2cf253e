// What kind of work a task does, by its module and command: the rule of thumb for `poll` goes by it where nothing was measured.

import { shellLineOf } from "../../model/limits.ts";
import type { Task } from "../../model/playbook.ts";

/** Rules of thumb: how often to look, seconds. */
export const KIND_POLLS_SECONDS = { files: 5, network: 10, database: 30, "system updates": 60 } as const;
export type Kind = keyof typeof KIND_POLLS_SECONDS;

/** Collections and modules by the last part of their name. */
const MODULES: readonly (readonly [RegExp, Kind])[] = [
  [/^(?:apt|apt_rpm|apk|dnf5?|yum|package|zypper|pacman|portage|pkgng|homebrew|rpm_ostree_\w+|win_updates|win_package|snap|flatpak)$/, "system updates"],
  [/^(?:mysql|postgresql|mssql|mongodb|oracle|redis|influxdb|proxysql|clickhouse|cassandra)_\w+$/, "database"],
  [/^(?:get_url|uri|git|hg|subversion|synchronize|wait_for|pip|npm|gem|bower|composer|yarn|docker_\w+|podman_\w+|s3_\w+|aws_s3|maven_artifact|nexus\w*|helm\w*|k8s\w*)$/, "network"],
  [/^(?:file|copy|archive|unarchive|find|tempfile|assemble|replace|lineinfile|blockinfile|iso_\w+|filesystem|parted|lvol|lvg|acl|stat)$/, "files"],
];

const PROGRAMS: readonly (readonly [RegExp, Kind])[] = [
  [/^(?:apt|apt-get|aptitude|dpkg|rpm|dnf5?|yum|zypper|pacman|apk|emerge|do-release-upgrade|unattended-upgrade|freebsd-update|pkg|snap|flatpak|brew)$/, "system updates"],
  [/sql|^(?:pg_\w+|pgbench|vacuumdb|reindexdb|mongo\w*|redis-cli|influxd?|mariadb\S*|xtrabackup|barman|expdp|impdp|rman|cqlsh|nodetool)$/, "database"],
  [/^(?:curl|wget|rsync|scp|sftp|ssh|git|hg|svn|docker|podman|skopeo|pip3?|npm|yarn|gem|composer|mvn|aws|gsutil|az|gcloud|kubectl|helm|ansible-galaxy|rclone|restic|borg)$/, "network"],
  [/^(?:tar|cp|mv|rm|dd|find|zip|unzip|gzip|gunzip|bzip2|xz|zstd|chown|chmod|chgrp|mkfs\S*|fsck\S*|e2fsck|cpio|shred|du|sha256sum|md5sum|fallocate)$/, "files"],
];

/** In: a task. Out: its kind, by the slowest of its programs; undefined where neither module nor program is a known one. */
export function kindOf(task: Task): Kind | undefined {
  const module = task.action?.module.split(".").at(-1) ?? "";
  const known = kindIn(MODULES, module);
  if (known !== undefined) return known;
  const kinds = (shellLineOf(task)?.commands ?? []).flatMap(({ words }) => {
    const names = words.flatMap(({ text, literal }) => (literal ? [text.replace(/^.*\//s, "")] : []));
    const program = names.find((name) => !WRAPPERS.has(name) && !name.startsWith("-") && !/^\d/.test(name));
    return program === undefined ? [] : (kindIn(PROGRAMS, program) ?? []);
  });
  return kinds.toSorted((a, b) => KIND_POLLS_SECONDS[b] - KIND_POLLS_SECONDS[a])[0];
}

/** Programs that run another one. */
const WRAPPERS: ReadonlySet<string> = new Set(["sudo", "nice", "ionice", "nohup", "env", "time", "timeout", "stdbuf", "flock", "exec"]);

function kindIn(table: readonly (readonly [RegExp, Kind])[], name: string): Kind | undefined {
  return table.find(([pattern]) => pattern.test(name))?.[1];
}

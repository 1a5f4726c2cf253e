// Which facts the modules give that are run in the background to gather them (setup and getent seen on 2.14.18 to 2.21.5; mount_facts came with 2.18).

export type FactModule = "setup" | "package_facts" | "service_facts" | "mount_facts" | "getent";

/** In: a module as Action names it. Out: which of the fact modules it is. gather_facts itself does not support async. */
export function factModuleOf(module: string): FactModule | undefined {
  return module === "setup" || module === "package_facts" || module === "service_facts" || module === "mount_facts" || module === "getent" ? module : undefined;
}

/** Facts of setup that playbooks use; a name that is not here may be set by anything. */
const SETUP = new RegExp(
  "^(?:all_ipv[46]_addresses|apparmor|architecture|bios_\\w+|board_\\w+|cmdline|date_time|default_ipv[46]|devices|distribution(?:_\\w+)?|dns|domain|effective_\\w+_id|env|" +
    "fips|fqdn|hostname|hostnqn|interfaces|is_chroot|iscsi_iqn|kernel(?:_version)?|loadavg|lsb|lvm|machine(?:_id)?|mem(?:free|total)_mb|memory_mb|mounts|nodename|os_family|" +
    "pkg_mgr|processor(?:_\\w+)?|product_\\w+|selinux|service_mgr|swap(?:free|total)_mb|system(?:_\\w+)?|uptime_seconds|user_\\w+|userspace_\\w+|virtualization_\\w+)$",
);

/** True for `ansible_facts.KEY` of the module. */
export function isFactOf(module: FactModule, key: string): boolean {
  switch (module) {
    case "setup":
      return SETUP.test(key);
    case "package_facts":
      return key === "packages";
    case "service_facts":
      return key === "services";
    case "mount_facts":
      return key === "mount_points";
    case "getent":
      return key.startsWith("getent_");
  }
}

/** True for a variable that only the module sets: `ansible_distribution`, `getent_passwd`. `services` may be anybody's. */
export function isFactName(module: FactModule, name: string): boolean {
  return module === "getent" ? isFactOf(module, name) : module === "setup" && name.startsWith("ansible_") && isFactOf(module, name.slice("ansible_".length));
}

/** True for a fact of any of the modules. */
export function isAnyFact(key: string): boolean {
  return (["setup", "package_facts", "service_facts", "mount_facts", "getent"] as const).some((module) => isFactOf(module, key));
}

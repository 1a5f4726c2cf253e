// Jobs that are started with poll: 0 because nobody can or should wait for them: reboots, restarts of the connection, services.
// Taken from 130 public repositories; where in doubt a job counts as meant that way.

import type { Task } from "../../model/playbook.ts";
import { numberOf } from "../../model/playbook.ts";

/** `async: 1` is written for what cuts off Ansible itself, not for work that takes long. */
const SHORT_LIMIT_SECONDS = 5;

/** ansible-core's modules that run as they are: others may have an action of their own that waits. */
const PLAIN_MODULES = new Set(
  ("apt apt_key apt_repository blockinfile command cron deb822_repository debconf dnf dnf5 dpkg_selections expect file find get_url " +
    "getent git group hostname iptables known_hosts lineinfile mount_facts package package_facts pip replace rpm_key service " +
    "service_facts setup shell slurp stat subversion systemd systemd_service sysvinit tempfile uri user yum yum_repository").split(" "),
);
const SERVICE_MODULES = new Set(["service", "systemd", "systemd_service", "sysvinit"]);

const MACHINE = /\b(?:reboot|shutdown|poweroff|halt|kexec|telinit|init\s+[06]|suspend|hibernate|isolate|sysrq-trigger|do-release-upgrade)\b/;
/** `sleep 2 && …`: not before Ansible has left. */
const AFTER_A_WHILE = /^[\s("']*(?:(?:\/(?:usr\/)?bin\/)?(?:ba|da)?sh\s+-\w*c\s+["']?\s*)?\(?\s*(?:\/(?:usr\/)?bin\/)?sleep\s+\S+\s*(?:&&|;|\n)/;
const CONNECTION = /\b(?:sshd?|network(?:ing|d)?|NetworkManager|systemd-networkd|netplan|nmcli|nmstatectl|ifup|ifdown|ifreload|wicked|firewalld|firewall-cmd|ufw|nft(?:ables)?|ip6?tables(?:-restore)?|wg(?:-quick)?|wireguard|tailscaled?|openvpn|dhcpcd|dhclient|networkctl|connman|frr|cloudflared)\b/i;
const ON_ITS_OWN = /\b(?:nohup|setsid|disown|daemon(?:ize)?|start-stop-daemon|systemd-run|screen\s+-\S*[dD]|tmux\s+new|at\s+now)\b|(?:^|[^&>|])&\s*(?:$|["')\n])/;
const ENDLESS = /\b(?:http\.server|SimpleHTTPServer|port-forward|runserver|tcpdump|socat|vmstat|iostat|stress(?:-ng)?|tail\s+-\w*[fF]|nc\s+-\w*l|iperf3?\b.*\s-s\b|while\s+(?:true|:|\[\s*1))|\b(?:serve|server|listen|proxy|agent|worker|watch)(?:\s|$)/;

/** In: a launch with `poll: 0`. Out: true where its end surely concerns somebody. */
export function isMeantToEnd(launch: Task): boolean {
  const { action } = launch;
  const limitSeconds = numberOf(launch.asyncLimit);
  if (action === undefined || limitSeconds === undefined || limitSeconds <= SHORT_LIMIT_SECONDS || !PLAIN_MODULES.has(action.module)) return false;
  if (SERVICE_MODULES.has(action.module)) return isPlainService(launch);
  const text = action.command?.text;
  if (text === undefined) return !["command", "shell", "expect"].includes(action.module);
  // `{{ reboot_command }}`: what it is, only the run knows.
  if (/^\s*\{\{[^}]*\}\}\s*$/.test(text)) return false;
  return ![MACHINE, AFTER_A_WHILE, CONNECTION, ON_ITS_OWN, ENDLESS].some((pattern) => pattern.test(text));
}

function isPlainService({ action }: Task): boolean {
  const name = action?.args.get("name") ?? action?.args.get("service") ?? action?.args.get("unit");
  return name?.kind === "scalar" && !name.raw.includes("{{") && !CONNECTION.test(name.raw) && !MACHINE.test(name.raw);
}

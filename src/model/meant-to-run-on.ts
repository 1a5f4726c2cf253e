// Jobs that are started with poll: 0 because nobody can or should wait for them: reboots, restarts of the connection, services.
// Taken from 130 public repositories; where in doubt a job counts as meant that way.

import type { Action, Task } from "./playbook.ts";
import { numberOf } from "./playbook.ts";

/** `async: 1` is written for what cuts off Ansible itself, not for work that takes long. */
const SHORT_LIMIT_SECONDS = 5;

/** Modules of which not even the purpose is known here, those whose action looks after its job by itself, and those that only tell somebody something. */
const OPAQUE = /^(?:library\/.*|meta|(?:.*\.)?(?:iptables_state|win_\w+|psexec|mail|mattermost|matrix|rocketchat|slack|telegram|discord|pushover|say))$/;
/** Removing something is what is started and left on purpose, mostly at the end: clouds take their time with it. */
const REMOVED = new Set(["absent", "deleted", "terminated"]);
/** Done within a second; uri has sent its request by then. */
const QUICK_MODULES = new Set(["async_status", "blockinfile", "cron", "file", "getent", "lineinfile", "ping", "replace", "stat", "tempfile", "uri"]);
const SERVICE_MODULES = new Set(["service", "systemd", "systemd_service", "sysvinit"]);

const MACHINE = /\b(?:reboot|shutdown|poweroff|halt|kexec|telinit|init\s+[06]|suspend|hibernate|isolate|sysrq-trigger|do-release-upgrade)\b/;
/** `sleep 2 && …`: not before Ansible has left. */
const AFTER_A_WHILE = /^[\s("']*(?:(?:\/(?:usr\/)?bin\/)?(?:ba|da)?sh\s+-\w*c\s+["']?\s*)?\(?\s*(?:\/(?:usr\/)?bin\/)?sleep\s+\S+\s*(?:&&|;|\n)/;
const CONNECTION = /\b(?:sshd?|network(?:ing|d)?|NetworkManager|systemd-networkd|netplan|nmcli|nmstatectl|ifup|ifdown|ifreload|wicked|firewalld|firewall-cmd|ufw|nft(?:ables)?|ip6?tables(?:-restore)?|wg(?:-quick)?|wireguard|tailscaled?|openvpn|dhcpcd|dhclient|networkctl|connman|frr|cloudflared)\b/i;
const ON_ITS_OWN = /\b(?:nohup|setsid|disown|daemon(?:ize)?|start-stop-daemon|systemd-run|screen\s+-\S*[dD]|tmux\s+new|at\s+now)\b|(?:^|[^&>|])&\s*(?:$|["')\n])/;
const ENDLESS = /\b(?:http\.server|SimpleHTTPServer|port-?forward|runserver|tcpdump|socat|vmstat|iostat|stress(?:-ng)?|tail\s+-\w*[fF]|(?:nc|ncat|netcat)\s+(?:-\S+\s+)*-\w*l|iperf3?\b.*\s-s\b|while\s+(?:true|:|\[\s*1))|\b(?:serve|server|listen|proxy|agent|worker|watch)(?:\s|$)/;
const SERVER_FILE = /(?:server|serve|daemon|listener)\.(?:py|pl|rb|js|jar|php|exe)\b/i;
const SERVER = /^(?:.*(?:server|daemon|listener)|apache2(?:ctl)?|apachectl|collectd|dnsmasq|haproxy|httpd|mariadbd|mysqld(?:_safe)?|nginx|postgres|prometheus|telegraf|\w+_exporter)$/i;

/** True for a command line whose program is to run until somebody stops it. */
function runsOn(text: string): boolean {
  const program = text.replaceAll(/\{\{.*?\}\}/gs, "").trim().split(/\s/, 1)[0]?.split("/").at(-1) ?? "";
  return SERVER.test(program) || [ON_ITS_OWN, ENDLESS, SERVER_FILE].some((pattern) => pattern.test(text));
}

/** In: a launch. Out: true where its command is a server, or something else that has no end of its own. */
export function isMeantToRunOn({ action }: Task): boolean {
  return action?.command !== undefined && runsOn(action.command.text);
}

/** In: a launch with `poll: 0`. Out: true where its end surely concerns somebody. */
export function isMeantToEnd(launch: Task): boolean {
  const limitSeconds = numberOf(launch.asyncLimit);
  return limitSeconds !== undefined && limitSeconds > SHORT_LIMIT_SECONDS && isWork(launch);
}

/** In: a launch with a limit that only says that nobody waits, and `poll: 0`. Out: true where a module has work to do that the limit may cut off. */
export function isModuleWithShortLimit(launch: Task): boolean {
  const { action } = launch;
  const limitSeconds = numberOf(launch.asyncLimit);
  if (action === undefined || action.command !== undefined || limitSeconds === undefined || limitSeconds <= 0 || limitSeconds > SHORT_LIMIT_SECONDS) return false;
  return !SERVICE_MODULES.has(action.module) && !QUICK_MODULES.has(action.module) && isWork(launch);
}

function isWork(launch: Task): boolean {
  const { action } = launch;
  if (action === undefined || OPAQUE.test(action.module)) return false;
  if (SERVICE_MODULES.has(action.module)) return isPlainService(launch);
  const text = action.command?.text;
  if (text === undefined) return !["command", "shell", "expect"].includes(action.module) && endsByName(action);
  // `{{ reboot_command }}`: what it is, only the run knows.
  if (/^\s*\{\{[^}]*\}\}\s*$/.test(text)) return false;
  return ![MACHINE, AFTER_A_WHILE, CONNECTION].some((pattern) => pattern.test(text)) && !runsOn(text);
}

/** A module other than a command: neither one that removes something or is told not to wait nor one, by its name, that cuts Ansible off or goes on for ever. */
function endsByName({ module, args }: Action): boolean {
  const name = module.slice(module.lastIndexOf(".") + 1).replaceAll("_", "-");
  const state = args.get("state");
  if (state?.kind === "scalar" && REMOVED.has(state.raw)) return false;
  // `wait: false`: what it starts is not waited for, on purpose.
  if ([...args].some(([key, value]) => /(?:^|_)wait$/.test(key) && value.kind === "scalar" && value.value === false)) return false;
  return ![MACHINE, CONNECTION, /\bport-forward/].some((pattern) => pattern.test(name));
}

function isPlainService({ action }: Task): boolean {
  const name = action?.args.get("name") ?? action?.args.get("service") ?? action?.args.get("unit");
  return name?.kind === "scalar" && !name.raw.includes("{{") && !CONNECTION.test(name.raw) && !MACHINE.test(name.raw);
}

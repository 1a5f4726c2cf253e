// One module on some hosts by `ansible`, with the options that its hosts were asked for with.

import type { AdHocRequest } from "../../engine/ports.ts";
import { Problem } from "../../model/problem.ts";
import { ask, complaintOf } from "./ansible-program.ts";
import { LONGEST_PATTERN, namesPattern, shared } from "./inventory.ts";
import { passwordOptions } from "./password-options.ts";

const AT_ONCE = 20;
/** For each round of hosts: connecting, temporary directories, modules. Busy machines have taken more than two minutes. */
const ROUND_SECONDS = 600;

/** Out: what it printed about the hosts. Throws Problem no-ansible, cannot-read, or unreachable when it does not end. */
export async function adHoc({ hosts, names, module, args, variables, limitSeconds }: AdHocRequest): Promise<string> {
  const one = namesPattern(names);
  const pattern = one.length > LONGEST_PATTERN ? hosts.pattern : one;
  const limit = one.length > LONGEST_PATTERN && hosts.limit !== undefined ? ["-l", hosts.limit] : [];
  const more = variables === undefined ? [] : ["-e", JSON.stringify(variables)];
  const asyncOptions = limitSeconds === undefined ? [] : ["-B", String(limitSeconds), "-P", "0"];
  const timeoutMs = ROUND_SECONDS * 1000 * Math.ceil(names.length / AT_ONCE);
  const passwords = passwordOptions(hosts);
  const options = [...shared(hosts), ...limit, ...more, ...connectionOptions(hosts), ...passwords.args, "-f", String(AT_ONCE), "-m", module, "-a", args, ...asyncOptions];
  const answer = await ask("ansible", [...options, "--", pattern], { timeoutMs, env: passwords.env }).finally(passwords.remove);
  if (answer.code === null) throw new Problem("unreachable", `ansible -m ${module} did not end within ${timeoutMs / 1000} s and was stopped; try it by hand`);
  if (!answer.text.includes(" | ")) throw new Problem("cannot-read", `ansible -m ${module} says nothing about any host: ${complaintOf(answer)}; try it by hand`);
  return answer.text;
}

function connectionOptions({ user, connection, privateKeyFile, timeoutSeconds, become, becomeMethod, becomeUser }: AdHocRequest["hosts"]): readonly string[] {
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ["-u", user],
    ["-c", connection],
    ["--private-key", privateKeyFile],
    ["-T", timeoutSeconds],
    ["--become-method", becomeMethod],
    ["--become-user", becomeUser],
  ];
  return [...given.flatMap(([option, value]) => (value === undefined ? [] : [option, String(value)])), ...(become === true ? ["-b"] : [])];
}

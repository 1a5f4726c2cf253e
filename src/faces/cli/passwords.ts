// Passwords that -k and -K ask for, as in Ansible (cli/__init__.py, ask_passwords, 2.14 to 2.21).

import type { Command } from "commander";
import { Problem } from "../../model/problem.ts";
import type { World } from "./world.ts";

/** Asks before a command begins; what was typed stands among its options. Throws Problem bad-usage where nobody can be asked. */
export async function askPasswords(world: World, command: Command): Promise<void> {
  const { askPass, askBecomePass } = command.opts<{ readonly askPass?: boolean; readonly askBecomePass?: boolean }>();
  const asked = async (question: string, option: string): Promise<string> => {
    const answer = await world.askSecret?.(question);
    if (answer === undefined) throw new Problem("bad-usage", `${option} needs a terminal to ask at; name a file with ${option === "-k" ? "--connection-password-file" : "--become-password-file"}`);
    return answer;
  };
  const password = askPass === true ? await asked("SSH password: ", "-k") : "";
  if (password !== "") command.setOptionValue("password", password);
  if (askBecomePass !== true) return;
  const become = await asked(askPass === true ? "BECOME password[defaults to SSH password]: " : "BECOME password: ", "-K");
  if (become !== "" || password !== "") command.setOptionValue("becomePassword", become === "" ? password : become);
}

// Where longhaul keeps what it learns and does, for this user.

import { homedir } from "node:os";
import { join } from "node:path";

/** LONGHAUL_STATE_DIR, else longhaul in XDG_STATE_HOME, else ~/.local/state/longhaul. It may not be there yet. */
export function stateDirectory(): string {
  const { LONGHAUL_STATE_DIR: own = "", XDG_STATE_HOME: state = "" } = process.env;
  if (own !== "") return own;
  // A relative one is to be ignored (XDG Base Directory Specification).
  return join(state.startsWith("/") ? state : join(homedir(), ".local", "state"), "longhaul");
}

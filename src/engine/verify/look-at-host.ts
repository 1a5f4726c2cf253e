// Asks a host's agent for everything that verify judges.

import { DEFAULT_ASYNC_DIR } from "../../model/default-async-dir.ts";
import type { Fields } from "../../model/fields.ts";
import { asyncDirFacts, cleanersFacts, clockFacts, environmentFacts, remoteTmpFacts, sessionsFacts, sudoFacts } from "../../model/host-facts.ts";
import type { HostLink } from "../ports.ts";
import type { HostFacts } from "./host-look.ts";

const DEFAULT_REMOTE_TMP = "~/.ansible/tmp";

/** What the probes tell, and of those that failed their names with the reason. */
export interface Looked {
  readonly facts: HostFacts;
  readonly failed: readonly { readonly probe: string; readonly why: string }[];
}

/** In: a link, and what the job will need. Throws Problem unreachable. */
export async function lookAtHost(link: HostLink, needs: readonly string[]): Promise<Looked> {
  const asyncDir = link.asyncDir ?? DEFAULT_ASYNC_DIR;
  const first = await probes(link, ["environment", "async-dir", "remote-tmp", "sessions", "sudo"], { async_dir: asyncDir, remote_tmp: link.remoteTmp ?? DEFAULT_REMOTE_TMP, needs });
  const path = first.told.get("async-dir")?.["path"];
  const second = await probes(link, ["cleaners", "clock"], { dirs: [typeof path === "string" ? path : asyncDir] });
  const read = <Key extends keyof HostFacts>(key: Key, name: string, reader: (fields: Fields) => HostFacts[Key]): HostFacts => {
    const fields = first.told.get(name) ?? second.told.get(name);
    return fields === undefined ? {} : { [key]: reader(fields) };
  };
  const facts = {
    ...read("environment", "environment", environmentFacts),
    ...read("asyncDir", "async-dir", asyncDirFacts),
    ...read("remoteTmp", "remote-tmp", remoteTmpFacts),
    ...read("sessions", "sessions", sessionsFacts),
    ...read("sudo", "sudo", sudoFacts),
    ...read("cleaners", "cleaners", cleanersFacts),
    ...read("clock", "clock", clockFacts),
  };
  return { facts, failed: [...first.failed, ...second.failed] };
}

async function probes(link: HostLink, what: readonly string[], request: Fields): Promise<{ readonly told: ReadonlyMap<string, Fields>; readonly failed: Looked["failed"] }> {
  const told = new Map<string, Fields>();
  const failed: { readonly probe: string; readonly why: string }[] = [];
  for await (const event of link.request({ ...request, do: "probe", what })) {
    if (event.event === "error") failed.push({ probe: what.join(", "), why: event.message });
    if (event.event !== "probe") continue;
    if (event.facts === null) failed.push({ probe: event.probe, why: event.why ?? "no reason given" });
    else told.set(event.probe, event.facts);
  }
  return { told, failed };
}

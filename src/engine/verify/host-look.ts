// What was seen of one host, and what is said about it.

import type { Finding } from "../../model/finding.ts";
import type { AsyncDirFacts, CleanersFacts, ClockFacts, EnvironmentFacts, RemoteTmpFacts, SessionsFacts, SudoFacts } from "../../model/host-facts.ts";
import type { AgentReady } from "../../model/host.ts";

/** Each is absent where its probe failed. */
export interface HostFacts {
  readonly environment?: EnvironmentFacts;
  readonly asyncDir?: AsyncDirFacts;
  readonly remoteTmp?: RemoteTmpFacts;
  readonly cleaners?: CleanersFacts;
  readonly sessions?: SessionsFacts;
  readonly sudo?: SudoFacts;
  readonly clock?: ClockFacts;
}

/** How the small job went. */
export type Proof =
  | { readonly kind: "well"; readonly seconds: number | undefined }
  /** `launch`: Ansible could not start it. `job`: it did not end well. `status`: async_status does not find or know it. */
  | { readonly kind: "failed"; readonly step: "launch" | "job" | "status"; readonly says: string };

export interface HostLook {
  readonly host: string;
  readonly ready: AgentReady;
  /** Whom the job becomes; undefined without become. */
  readonly becomeUser: string | undefined;
  /** How far the host's clock is ahead of ours. */
  readonly clockAheadSeconds: number;
  /** What ssh is configured to send keep-alives at; 0: none. Undefined: no ssh, or not known. */
  readonly keepAliveSeconds: number | undefined;
  readonly facts: HostFacts;
  /** Undefined where no job was asked for. */
  readonly proof: Proof | undefined;
}

export interface HostFinding extends Pick<Finding, "severity" | "what" | "do"> {
  /** The failure mode, where the catalogue has one; else a name of the same kind. */
  readonly id: string;
  /** What was seen that says so. */
  readonly seen: readonly string[];
}

/** One question about a host; answers with what is wrong. */
export type Check = (look: HostLook) => readonly HostFinding[];

// A small real job on many hosts: started by Ansible, followed to its end by the agents, asked about by Ansible, and taken away again.

import type { JobReport } from "../../model/host.ts";
import { Problem } from "../../model/problem.ts";
import type { Story } from "../../model/story.ts";
import { readOutput } from "../../readers/output/read-output.ts";
import type { AdHoc, HostLink, HostsRequest } from "../ports.ts";
import { launchOf, statusTrouble } from "./ad-hoc-results.ts";
import type { Proof } from "./host-look.ts";

/** Long enough to be found running, short enough to wait for. */
const COMMAND = "sleep 2";
const LIMIT_SECONDS = 30;

export interface Proving {
  readonly adHoc: AdHoc;
  readonly hosts: HostsRequest;
  readonly links: readonly HostLink[];
  /** Hosts whose async dir was there before: it stays. */
  readonly hadDirectory: ReadonlySet<string>;
  /** Is told what is being done. */
  readonly progress: (text: string) => void;
}

/** What is left on a host, and why. */
export interface Left {
  readonly host: string;
  readonly says: string;
}

interface Started {
  readonly link: HostLink;
  readonly dir: string;
  readonly jid: string;
  readonly end: JobReport | undefined;
}

/** Out: how the job went on each host, and what could not be taken away. Throws Problem where Ansible cannot be run at all. */
export async function proveJobs(proving: Proving): Promise<{ readonly proofs: ReadonlyMap<string, Proof>; readonly left: readonly Left[] }> {
  const { adHoc, hosts, links, progress } = proving;
  const proofs = new Map<string, Proof>();
  if (links.length === 0) return { proofs, left: [] };
  progress("starting a small job with Ansible");
  const launched = read(await adHoc({ hosts, names: links.map(({ host }) => host), module: "ansible.builtin.command", args: COMMAND, limitSeconds: LIMIT_SECONDS }));
  const going = links.flatMap((link) => {
    const launch = launchOf(launched, link.host);
    if (launch.ok) return [{ link, dir: launch.dir, jid: launch.jid }];
    proofs.set(link.host, { kind: "failed", step: "launch", says: launch.says });
    return [];
  });
  progress("waiting for it to end");
  const started = await Promise.all(going.map(async (job): Promise<Started> => ({ ...job, end: await endOf(job) })));
  if (started.length > 0) {
    progress("asking about it with async_status");
    const jids = Object.fromEntries(started.map(({ link, jid }) => [link.host, jid]));
    const asked = read(await adHoc({ hosts, names: started.map(({ link }) => link.host), module: "ansible.builtin.async_status", args: "jid={{ longhaul_verify_jids[inventory_hostname] }}", variables: { longhaul_verify_jids: jids } }));
    for (const job of started) proofs.set(job.link.host, proofOf(job, statusTrouble(asked, job.link.host)));
    progress("taking it away");
  }
  const left = await Promise.all(started.map(async (job) => takenAway(job, proving.hadDirectory.has(job.link.host))));
  return { proofs, left: left.flat() };
}

function read(text: string): Story {
  return readOutput(new TextEncoder().encode(text));
}

/** Undefined where the host was lost meanwhile. The job has a limit, so this ends. */
async function endOf({ link, dir, jid }: Pick<Started, "link" | "dir" | "jid">): Promise<JobReport | undefined> {
  let last: JobReport | undefined;
  try {
    for await (const event of link.request({ do: "wait", jobs: [{ dir, jid }] })) if (event.event === "job") last = event.job;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return undefined;
  }
  return last;
}

function proofOf({ end, dir, jid }: Started, trouble: string | undefined): Proof {
  const failed = (says: string): Proof => ({ kind: "failed", step: "job", says });
  if (end === undefined) return failed("the connection was lost before it had ended");
  if (end.file === "absent") return failed(`it left no file: ${dir}/${jid} is not there`);
  if (end.file === "timeout") return failed(`it was still running after ${LIMIT_SECONDS} s: \`${COMMAND}\``);
  if (end.file !== "result" || end.rc !== 0) return failed(end.msg ?? (end.file === "result" ? `its exit code is ${end.rc ?? "not known"}` : `its file is ${end.file}, and no process of it lives`));
  if (trouble !== undefined) return { kind: "failed", step: "status", says: trouble };
  return { kind: "well", seconds: secondsOf(end.delta) };
}

/** `0:00:02.004000`, as modules write it. */
function secondsOf(delta: string | null): number | undefined {
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(delta ?? "") ?? [];
  return seconds === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** The watcher leaves by itself, with the temporary directory of the module; then the job file goes. */
async function takenAway({ link, dir, jid, end }: Started, keepsDirectory: boolean): Promise<readonly Left[]> {
  const left = (says: string): readonly Left[] => [{ host: link.host, says: `${dir}/${jid} is still there (${says}); remove it` }];
  try {
    for await (const event of link.request({ do: "kill", grace: 1, dir, jid })) if (event.event === "error" && event.code !== "not-a-job") return left(event.message);
    // Without a job file there may be the one that the wrapper could not fill.
    const expect = { mtime: end?.mtime ?? null, size: end?.size ?? null };
    for await (const event of link.request({ do: "prune", dir, jid, expect, ...(keepsDirectory ? {} : { empty_dir: true }) })) {
      if (event.event === "error" && !(event.code === "not-a-job" && expect.mtime === null)) return left(event.message);
    }
    return [];
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return left(problem.message);
  }
}

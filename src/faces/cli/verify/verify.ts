// `longhaul verify`: looks at hosts, tries a small job on them, and says of each whether it can run async jobs.

import type { HostLink, HostsRequest } from "../../../engine/ports.ts";
import type { HostLook } from "../../../engine/verify/host-look.ts";
import { judgeHost } from "../../../engine/verify/judge.ts";
import type { Looked } from "../../../engine/verify/look-at-host.ts";
import { lookAtHost } from "../../../engine/verify/look-at-host.ts";
import type { Left } from "../../../engine/verify/prove.ts";
import { proveJobs } from "../../../engine/verify/prove.ts";
import { PROBLEM_EXITS, Problem } from "../../../model/problem.ts";
import type { Footer } from "../footer.ts";
import { withFooter } from "../footer.ts";
import { problemLine } from "../jobs/found.ts";
import { count, createStyle } from "../style.ts";
import type { World } from "../world.ts";
import type { VerifiedHost } from "./verify-text.ts";
import { verifyDocument, verifyText } from "./verify-text.ts";

export interface VerifyOptions {
  readonly hosts: HostsRequest;
  readonly needs: readonly string[];
  readonly job: boolean;
  readonly format: "text" | "json";
}

/** A host that could be reached, with what was seen of it. */
interface Seen extends Looked {
  readonly link: HostLink;
  readonly keepAliveSeconds: number | undefined;
}

interface Unreached {
  readonly host: string;
  readonly problem: Problem;
}

/** Prints what is wrong with each host. Out: the exit code: 1 for errors, warnings and hosts that could not be looked at. */
export async function runVerify(world: World, options: VerifyOptions): Promise<number> {
  const links: HostLink[] = [];
  try {
    const { hosts, unreached, left } = await withFooter(world, async (footer) => verified(world, options, { links, footer }));
    for (const { host, problem } of unreached) world.err(problemLine(host, problem));
    for (const { host, says } of left) world.err(problemLine(host, new Problem("cannot-write", `${host}: ${says}`)));
    const problems = unreached.map(({ host, problem }) => ({ host, says: problem.message }));
    const shown = { columns: world.columns, style: createStyle(world.color), unreached: problems.length };
    world.out(options.format === "json" ? `${JSON.stringify(verifyDocument(hosts, problems), undefined, 2)}\n` : verifyText(hosts, shown));
    const isBad = hosts.some(({ findings, failed }) => failed.length > 0 || findings.some(({ severity }) => severity !== "info"));
    return Math.max(isBad || left.length > 0 ? 1 : 0, ...unreached.map(({ problem }) => PROBLEM_EXITS[problem.code]));
  } finally {
    await Promise.all(links.map(async (link) => link.close()));
  }
}

interface Around {
  /** Every link that is opened; the caller closes them. */
  readonly links: HostLink[];
  readonly footer: Footer;
}

async function verified(world: World, options: VerifyOptions, { links, footer }: Around): Promise<{ readonly hosts: readonly VerifiedHost[]; readonly unreached: readonly Unreached[]; readonly left: readonly Left[] }> {
  const names: string[] = [];
  const unreached: Unreached[] = [];
  const looks: Promise<Seen | undefined>[] = [];
  const expect = (hosts: readonly string[]): void => {
    names.push(...hosts);
    footer.set([`looking at ${count(names.length, "host")}`]);
  };
  for await (const opened of world.openHosts(options.hosts, expect)) {
    if ("problem" in opened) unreached.push(opened);
    else {
      links.push(opened.link);
      looks.push(seen(opened.link, options, unreached));
    }
  }
  const all = (await Promise.all(looks)).flatMap((each) => each ?? []);
  const proving = {
    adHoc: world.adHoc,
    hosts: options.hosts,
    links: all.map(({ link }) => link),
    hadDirectory: new Set(all.flatMap(({ link, facts }) => (facts.asyncDir?.exists === false ? [] : [link.host]))),
    progress: (text: string) => footer.set([text]),
  };
  const { proofs, left } = options.job ? await proveJobs(proving) : { proofs: undefined, left: [] };
  const place = new Map(names.map((name, n) => [name, n]));
  const hosts = all
    .toSorted((a, b) => (place.get(a.link.host) ?? 0) - (place.get(b.link.host) ?? 0))
    .map(({ link, facts, failed, keepAliveSeconds }): VerifiedHost => {
      const look: HostLook = { host: link.host, ready: link.ready, becomeUser: link.becomeUser, clockAheadSeconds: link.clockAheadSeconds ?? 0, keepAliveSeconds, facts, proof: proofs?.get(link.host) };
      return { look, failed, findings: judgeHost(look) };
    });
  return { hosts, unreached, left };
}

async function seen(link: HostLink, { needs }: VerifyOptions, unreached: Unreached[]): Promise<Seen | undefined> {
  try {
    const [looked, keepAliveSeconds] = await Promise.all([lookAtHost(link, needs), link.keepAliveSeconds?.()]);
    return { link, keepAliveSeconds, ...looked };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    unreached.push({ host: link.host, problem });
    return undefined;
  }
}

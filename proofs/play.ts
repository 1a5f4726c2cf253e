// One run of one proof: a temporary directory and a clean environment of its own, the playbook, what is left after it,
// the recording. Nothing of it stays: no process, no directory, no login, no mount.
import { createHash } from "node:crypto";
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, hostname, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Core } from "./cores.ts";
import type { FileClaim, Look, ProofHeader, RunningClaim } from "./header.ts";
import { about, contains, judge } from "./judge.ts";
import { recordingPath } from "./plan.ts";
import type { PlannedRun } from "./plan.ts";
import { programsMarked, runProgram, sweep } from "./programs.ts";
import { formatRecording, neutralise } from "./recording.ts";
import type { Replacement } from "./recording.ts";
import { holdsFor } from "./series.ts";

export interface Surroundings {
  /** The checkout. */
  readonly root: string;
  /** The Python that runs the modules. */
  readonly interpreter: string;
  /** Folder with the collections that further looks need, where there is one. */
  readonly collections: string;
}

export interface Outcome {
  readonly problems: readonly string[];
  readonly seconds: number;
  readonly damage: "reproduced" | "absent";
}

const PLAYBOOK_TIMEOUT_MS = 90_000;
const RUNNING_WAIT_MS = 5_000;
const FILE_WAIT_MS = 30_000;
const LOOK_EVERY_MS = 100;
const NEUTRAL_DIRECTORY = "/srv/proof";
const NEUTRAL_SITE = "/home/deploy/site";

/** What a run has while it lasts. */
interface Stage {
  readonly run: PlannedRun;
  readonly core: Core;
  readonly around: Surroundings;
  readonly directory: string;
  /** In the environment of every process of the run. */
  readonly mark: string;
  /** The throw-away login, where the proof asks for one. */
  readonly login: string | undefined;
  readonly replacements: readonly Replacement[];
}

/** Runs a proof, judges it, and writes the recording when it did what its header says. */
export async function play(run: PlannedRun, core: Core, around: Surroundings): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "longhaul-proof-"));
  chmodSync(directory, 0o755);
  const login = run.proof.header.user ? `app${directory.slice(-6).toLowerCase()}` : undefined;
  const stage: Stage = {
    run, core, around, directory, login, mark: `LONGHAUL_PROOF=${directory}`,
    replacements: replacementsFor({ directory, login, around, playbooks: dirname(run.proof.path) }),
  };
  let outcome: Outcome | undefined;
  try {
    if (run.proof.header.disk !== undefined) {
      mkdirSync(join(directory, "disk"));
      await changeHost(stage, ["mount", "-t", "tmpfs", "-o", run.proof.header.disk, "tmpfs", join(directory, "disk")]);
    }
    if (login !== undefined) await changeHost(stage, ["useradd", "--home-dir", join(directory, "home"), "--create-home", "--shell", "/bin/sh", login]);
    outcome = await playOn(stage);
  } finally {
    const left = await sweep(stage.mark);
    if (login !== undefined) await changeHost(stage, ["userdel", login]);
    if (run.proof.header.disk !== undefined) await changeHost(stage, ["umount", join(directory, "disk")]);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    const survivors = left.map((program) => `still runs: ${program.pid} ${program.command}`);
    if (outcome !== undefined) outcome = { ...outcome, problems: [...outcome.problems, ...survivors] };
  }
  return outcome;
}

async function playOn(stage: Stage): Promise<Outcome> {
  const { run, core, directory } = stage;
  const { header } = run.proof;
  const command = commandOf(stage);
  const outputPath = join(directory, ".output");
  const output = openSync(outputPath, "a");
  writeFileSync(join(directory, "ansible.cfg"), "[defaults]\n");
  // In place of /var/tmp, where Ansible would leave what an unprivileged job has not removed itself.
  mkdirSync(join(directory, "tmp"));
  chmodSync(join(directory, "tmp"), 0o1777);
  const started = performance.now();
  // Not the script alone: its first line names the Python by a path that is wrong once the checkout was moved.
  const ended = await runProgram([join(core.bin, "python"), join(core.bin, "ansible-playbook"), ...command], {
    cwd: directory, env: environmentOf(stage), output, timeoutMs: PLAYBOOK_TIMEOUT_MS,
    ...(header.interruptAt === undefined ? {} : { interruptWhen: () => contains(readFileSync(outputPath, "utf8"), header.interruptAt ?? "") }),
  });
  const seconds = (performance.now() - started) / 1000;
  closeSync(output);
  const text = neutralise(readFileSync(outputPath, "utf8"), stage.replacements);
  const damage = holdsFor(header.damage, run.series) ? "reproduced" : "absent";
  const problems = ended.timedOut ? [`did not end within ${PLAYBOOK_TIMEOUT_MS / 1000} s`] : [];
  if (ended.startError !== undefined) problems.push(ended.startError);
  const wholeHeader = run.look === "v";
  problems.push(...judge(header, { series: run.series, exitCode: ended.exitCode, output: text, wholeHeader }));
  const after = await lookAfterwards(stage, header);
  problems.push(...after.problems);
  if (problems.length > 0) return { problems: [...problems, ...excerpt(text)], seconds, damage };
  writeRecording(recordingPath(run), formatRecording({
    mode: run.proof.mode, variant: run.proof.variant === "" ? "main" : run.proof.variant, damage,
    core: core.version, python: core.python,
    command: neutralise(["ansible-playbook", ...command].map(quoted).join(" "), stage.replacements),
    exit: ended.exitCode ?? -1, seconds, date: new Date().toISOString().slice(0, 10),
    proof: createHash("sha256").update(run.proof.text).digest("hex").slice(0, 12), afterwards: after.seen,
  }, text));
  return { problems, seconds, damage };
}

function commandOf(stage: Stage): readonly string[] {
  const { run, directory, login, around } = stage;
  const { inventory, args, python } = run.proof.header;
  const file = /\.(ini|ya?ml)$/.test(inventory);
  const verbosity = run.look === "vvv" ? ["-vvv"] : [];
  const ownArgs = run.look === "v0" || run.look === "vvv" ? args.filter((arg) => !/^-v+$/.test(arg)) : args;
  return [
    "-i", file ? join(dirname(run.proof.path), inventory) : `${inventory},`, "-c", "local", ...verbosity, ...ownArgs,
    "-e", `ansible_python_interpreter=${python === undefined ? around.interpreter : join(directory, python)}`, "-e", `proof_dir=${directory}`,
    ...(python === undefined ? [] : ["-e", `proof_python=${around.interpreter}`]),
    ...(login === undefined ? [] : ["-e", `app_user=${login}`]), run.proof.path,
  ];
}

/** Only what Ansible needs: no setting of the one who starts the proofs may change what is recorded. */
function environmentOf(stage: Stage): Readonly<Record<string, string>> {
  const { core, directory, run, mark, login } = stage;
  const [name = "", value = ""] = mark.split("=");
  return {
    PATH: `${core.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: homedir(), USER: userInfo().username, LOGNAME: userInfo().username, LC_ALL: "C.UTF-8", TZ: "UTC", PYTHONUNBUFFERED: "1",
    ANSIBLE_CONFIG: join(directory, "ansible.cfg"), ANSIBLE_HOME: join(directory, ".ansible"),
    ANSIBLE_REMOTE_TEMP: join(directory, ".ansible", "tmp"), ANSIBLE_SYSTEM_TMPDIRS: join(directory, "tmp"), ANSIBLE_NOCOLOR: "1", ANSIBLE_NOCOWS: "1",
    [name]: value,
    ...(login === undefined ? { ANSIBLE_ASYNC_DIR: join(directory, "async") } : {}),
    ...lookSettings(run.look, stage.around),
  };
}

function lookSettings(look: Look, around: Surroundings): Readonly<Record<string, string>> {
  if (look === "yaml") return { ANSIBLE_CALLBACK_RESULT_FORMAT: "yaml" };
  if (look !== "json" && look !== "jsonl") return {};
  return { ANSIBLE_STDOUT_CALLBACK: `ansible.posix.${look}`, ANSIBLE_COLLECTIONS_PATH: around.collections };
}

function replacementsFor(own: Pick<Stage, "directory" | "login" | "around"> & { readonly playbooks: string }): readonly Replacement[] {
  const { directory, login, around, playbooks } = own;
  const home = userInfo().uid === 0 ? "/root" : "/home/deploy";
  return [
    ...(login === undefined ? [] : [{ from: join(directory, "home"), to: "/home/app" }, { from: login, to: "app" }]),
    { from: join(directory, ".ansible"), to: `${home}/.ansible` },
    { from: join(directory, "tmp"), to: "/var/tmp" },
    { from: directory, to: NEUTRAL_DIRECTORY },
    { from: around.collections, to: `${home}/.ansible/collections` },
    // A log must not name the mode that it is tested on, so the playbook seems to lie in a site's top folder.
    { from: playbooks, to: NEUTRAL_SITE },
    { from: around.root, to: NEUTRAL_SITE },
    ...(home === homedir() ? [] : [{ from: homedir(), to: home }]),
    ...(userInfo().uid === 0 ? [] : [{ from: userInfo().username, to: "deploy" }]),
    { from: hostname(), to: "controller" },
  ];
}

/** Makes or removes what the proof asks of the host itself. */
async function changeHost(stage: Stage, command: readonly [string, ...string[]]): Promise<void> {
  const ended = await runProgram(command, { cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }, timeoutMs: 20_000 });
  if (ended.exitCode !== 0) throw new Error(`${command.join(" ")}: exit ${ended.exitCode ?? ended.startError} (${stage.run.proof.mode})`);
}

/** Looks for the programs and files that the header says will be there after the playbook. */
async function lookAfterwards(stage: Stage, header: ProofHeader): Promise<{ readonly problems: readonly string[]; readonly seen: readonly string[] }> {
  const problems: string[] = [];
  const seen: string[] = [];
  const series = stage.run.series;
  for (const claim of about(header.running, series)) {
    const count = await waitFor(RUNNING_WAIT_MS, () => countRunning(stage, claim), (found) => found === claim.count);
    if (count === claim.count) seen.push(`${count} x ${claim.text} still running`);
    else problems.push(`${count} instead of ${claim.count} running: ${claim.text}`);
  }
  for (const claim of about(header.files, series)) {
    const found = await waitFor(FILE_WAIT_MS, () => fileShows(stage, claim), Boolean);
    const where = claim.file ?? "the job file";
    if (found) seen.push(`${where} holds ${claim.text}`);
    else problems.push(`${where} never holds: ${claim.text}`);
  }
  return { problems, seen };
}

async function waitFor<T>(limitMs: number, look: () => T, enough: (found: T) => boolean): Promise<T> {
  const until = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (enough(found) || performance.now() > until) return found;
    await pause(LOOK_EVERY_MS);
  }
}

function countRunning(stage: Stage, claim: RunningClaim): number {
  return programsMarked(stage.mark).filter((program) => neutralise(program.command, stage.replacements) === claim.text).length;
}

function fileShows(stage: Stage, claim: FileClaim): boolean {
  const paths = claim.file === undefined ? jobFiles(stage.directory) : [join(stage.directory, claim.file)];
  return paths.some((path) => {
    try {
      return contains(neutralise(readFileSync(path, "utf8"), stage.replacements), claim.text);
    } catch {
      return false;
    }
  });
}

function jobFiles(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /^j?\d+\.\d+$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The end of the output, to see what went wrong without a second run. */
function excerpt(text: string): readonly string[] {
  return text.trimEnd().split("\n").slice(-12).map((line) => `| ${line.slice(0, 400)}`);
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}

/** Atomic, so that a reader never sees half a recording. */
function writeRecording(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}.tmp`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

// What one log of Ansible says, in order: the plays, tasks, results and jobs that readers/output found in it.
// Only what a diagnosis needs is kept: memory stays bounded however long the log is.

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A stretch of the log worth quoting. `line` is 1-based; the text is one line, cut to 500 characters, control characters replaced. */
export interface Quote {
  readonly line: number;
  readonly text: string;
}

/** One `TASK [...]` (or `RUNNING HANDLER [...]`) heading; an ad-hoc run has one unnamed task. */
export interface LoggedTask {
  /** The name without the role prefix; "" where the log has no heading. */
  readonly name: string;
  /** The role, from `TASK [role : name]`. */
  readonly role?: string;
  readonly handler: boolean;
  readonly play?: string;
  /** File and line of the task in its playbook, from `task path:` (-vv and up), `Origin:` (2.19 and up) or a JSON callback. */
  readonly file?: string;
  readonly fileLine?: number;
  /** The module, where the log tells (JSON callbacks). */
  readonly action?: string;
  readonly heading: Quote;
}

export type ResultStatus = "ok" | "changed" | "skipped" | "failed" | "unreachable";

/** One result of one task on one host (or one item of its loop). */
export interface LoggedResult {
  readonly task: LoggedTask;
  readonly host: string;
  /** The host the task was delegated to, from `fatal: [h -> d]`. */
  readonly delegatedTo?: string;
  /** The loop item as printed, from `(item=...)`. */
  readonly item?: string;
  readonly status: ResultStatus;
  /** A failure that the play ignored (`...ignoring`) or rescued where the log says so. */
  readonly ignored: boolean;
  /** The result as printed; {} where the log shows none. Cut-off or unreadable results hold only the keys that could be read. */
  readonly fields: JsonObject;
  /** True when `fields` is not the whole result: cut off, no JSON, or too large. */
  readonly partial: boolean;
  /** The keyword or argument of the task that its error was in, where an excerpt of the file shows it (2.19 and newer). */
  readonly keyword?: string;
  readonly quote: Quote;
}

/** What the log shows of one job: (host, jid). */
export interface LoggedJob {
  readonly host: string;
  readonly jid: string;
  /** The result that started it, where it was printed (poll: 0 at -v and up). */
  readonly launch?: LoggedResult;
  /** The task under which it was polled or started. */
  readonly task?: LoggedTask;
  /** `ASYNC POLL` lines. */
  readonly polls: number;
  readonly firstPoll?: Quote;
  readonly lastPoll?: Quote;
  /** `ASYNC OK` or `ASYNC FAILED`. */
  readonly ended?: { readonly as: "ok" | "failed"; readonly quote: Quote };
  /** Results of status tasks (`async_status`) about this job, first and last kept when there are many. */
  readonly looks: readonly LoggedResult[];
  /** The async limit that the wrapper was given, seconds, from an EXEC line at -vvv. */
  readonly limitSeconds?: number;
}

/** An error that stopped Ansible itself or that it printed outside a result: `ERROR! …`, `[ERROR]: …`. */
export interface LoggedError {
  readonly message: string;
  readonly file?: string;
  readonly fileLine?: number;
  readonly fileColumn?: number;
  /** The keyword or argument that the innermost excerpt of the file points at (2.19 and newer), for example `when`. */
  readonly keyword?: string;
  readonly quote: Quote;
}

/** `FAILED - RETRYING: [host]: task (N retries left).` of one task on one host. */
export interface LoggedRetries {
  readonly task: LoggedTask;
  readonly host: string;
  readonly count: number;
  /** `retries left` of the first line: one less than the number of looks that are left in all. */
  readonly firstLeft: number;
  readonly first: Quote;
}

/** `skipping: [host]`, of a task or of an item of its loop. */
export interface LoggedSkip {
  readonly task: LoggedTask;
  readonly host: string;
  readonly isItem: boolean;
  readonly quote: Quote;
}

/** A host's line of the recap. */
export interface RecapLine {
  readonly host: string;
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
  readonly skipped: number;
  readonly rescued: number;
  readonly ignored: number;
  readonly quote: Quote;
}

export interface Story {
  /** How the log came: the default callback's text, one JSON document of a JSON callback, JSON lines, or nothing that Ansible prints. */
  readonly form: "text" | "json" | "adhoc" | "none";
  /** ansible-core's version where it is printed, for example 2.14.18. */
  readonly core?: string;
  /** Highest verbosity of which the log shows signs, 0 to 4. */
  readonly verbosity: number;
  /** `PLAYBOOK: name` (-vv and up). */
  readonly playbook?: string;
  /** True when the log was made with --check, where it tells (`[CHECK MODE]` headings or a result that says so). */
  readonly checkMode: boolean;
  readonly tasks: readonly LoggedTask[];
  /** Every failed or unreachable result, and every other result that speaks of a job. */
  readonly results: readonly LoggedResult[];
  readonly jobs: readonly LoggedJob[];
  readonly retries: readonly LoggedRetries[];
  /** The first 1,000 skipped tasks and items of a text log. */
  readonly skips: readonly LoggedSkip[];
  readonly errors: readonly LoggedError[];
  readonly warnings: readonly Quote[];
  readonly recap: readonly RecapLine[];
  readonly lines: number;
  readonly bytes: number;
  /** Plain sentences on what could not be read or was left out, each naming its bound. */
  readonly gaps: readonly string[];
}

/** The playbook that was run, as a path where the log tells; else the word PLAYBOOK, for commands that a person completes. */
export function playbookOf(story: Story): string {
  const files = [...new Set(story.tasks.flatMap(({ file }) => file ?? []))].filter((file) => !/\/(?:tasks|handlers)\//.test(file));
  const { playbook } = story;
  if (playbook !== undefined) return files.find((file) => file === playbook || file.endsWith(`/${playbook}`)) ?? playbook;
  return files.length === 1 ? (files[0] ?? "PLAYBOOK") : "PLAYBOOK";
}

/** A field of a result as text; undefined where it is absent or no text. */
export function textOf(result: LoggedResult, key: string): string | undefined {
  const value = result.fields[key];
  return typeof value === "string" ? value : undefined;
}

/** A field of a result as a number; booleans count as 0 and 1 (2.19 and newer write `started: true`). */
export function numberOf(result: LoggedResult, key: string): number | undefined {
  const value = result.fields[key];
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string" && /^-?\d+$/.test(value)) return Number(value);
  return typeof value === "number" ? value : undefined;
}

/** The jid of a result: at its top, or under `async_result` where the controller gave up. */
export function jidOf(result: LoggedResult): string | undefined {
  const nested = result.fields["async_result"];
  const inner = nested !== null && typeof nested === "object" && !Array.isArray(nested) ? (nested as JsonObject)["ansible_job_id"] : undefined;
  return textOf(result, "ansible_job_id") ?? (typeof inner === "string" ? inner : undefined);
}

/** What a story holds, by what modes ask for. */
interface Index {
  readonly job: ReadonlyMap<string, LoggedJob>;
  readonly jobs: ReadonlyMap<string, readonly LoggedJob[]>;
  readonly results: ReadonlyMap<string, readonly LoggedResult[]>;
}

/** Every mode asks about every result: an index for each story, made at the first question. */
const indexes = new WeakMap<Story, Index>();

function indexOf(story: Story): Index {
  const known = indexes.get(story);
  if (known !== undefined) return known;
  const index = {
    job: new Map(story.jobs.map((job) => [`${job.jid} ${job.host}`, job])),
    jobs: Map.groupBy(story.jobs, (job) => job.jid),
    results: Map.groupBy(story.results, (result) => jidOf(result) ?? ""),
  };
  indexes.set(story, index);
  return index;
}

/** What the log shows of the job of a result. */
export function jobOf(story: Story, result: LoggedResult): LoggedJob | undefined {
  const jid = jidOf(result);
  return jid === undefined ? undefined : indexOf(story).job.get(`${jid} ${result.host}`);
}

/** The jobs of that id: one, or one for each host where ids met by chance or a task asked on several hosts. */
export function jobsOf(story: Story, jid: string | undefined): readonly LoggedJob[] {
  return jid === undefined ? [] : (indexOf(story).jobs.get(jid) ?? []);
}

/** The results that name that job, in order. */
export function resultsOf(story: Story, jid: string | undefined): readonly LoggedResult[] {
  return jid === undefined ? [] : (indexOf(story).results.get(jid) ?? []);
}

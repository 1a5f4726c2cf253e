// Every bound of the output reader, in one place. Each bound that is hit leaves a sentence in the gaps of the story.

/** Longest line, and longest text of one result, that is read as a whole, in bytes. */
export const MAX_LINE_BYTES: number = 1_048_576;

/** Text of results, in characters, that is kept with all fields; later results keep only the fields that diagnoses ask for. */
export const MAX_FIELDS_CHARS: number = 33_554_432;

export const MAX_TASKS: number = 10_000;
/** Failed and unreachable results. */
export const MAX_FAILURES: number = 5_000;
/** Results that did not fail but speak of a job. */
export const MAX_OTHER_RESULTS: number = 5_000;
export const MAX_JOBS: number = 5_000;
export const MAX_LOOKS_PER_JOB: number = 8;
export const MAX_RETRIES: number = 5_000;
export const MAX_ERRORS: number = 500;
export const MAX_WARNINGS: number = 200;
export const MAX_RECAP_LINES: number = 10_000;
/** Async limits read from EXEC lines. */
export const MAX_LIMITS: number = 10_000;
/** Hosts remembered as done with the task under way. */
export const MAX_DONE_HOSTS: number = 10_000;
/** Errors that wait for the result they belong to. */
export const MAX_WAITING_ERRORS: number = 50;

export const MAX_QUOTE_CHARS: number = 500;
export const MAX_NAME_CHARS: number = 300;
/** Longest message of an error, and longest text field of a result once the fields are full. */
export const MAX_MESSAGE_CHARS: number = 2_000;
/** Deepest nesting of a result that is kept. */
export const MAX_DEPTH: number = 64;
/** Skipped tasks and items: evidence that a launch did not run. */
export const MAX_SKIPS = 1_000;

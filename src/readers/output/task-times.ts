// Finds the lines of the callback profile_tasks, which say how long each task took: `… (0:02:03.456)       0:02:10.001 *****`.

const TIMES = /\((\d+):(\d\d):(\d\d(?:\.\d+)?)\)\s+\d+:\d\d:\d\d(?:\.\d+)?[\s*]*$/;
const NEWLINE = 10;
/** Such a line is short; of a longer one nothing is kept. */
const MAX_LINE_BYTES = 400;

/** A line that tells a time: of the task before the one whose heading stands above it (callback/profile_tasks.py of ansible.posix). */
export interface TaskTime {
  /** 1-based. */
  readonly line: number;
  readonly seconds: number;
}

export interface TaskTimesReader {
  push(chunk: Uint8Array): void;
  end(): readonly TaskTime[];
}

/** A reader for one log that comes in pieces. */
export function createTaskTimesReader(): TaskTimesReader {
  const found: TaskTime[] = [];
  let line = 1;
  let rest = Buffer.alloc(0);
  const look = (bytes: Buffer): void => {
    // Every such line has a `)` and ends in digits or stars; the check keeps the others from being decoded.
    if (bytes.length > MAX_LINE_BYTES || !bytes.includes(")")) return;
    const match = TIMES.exec(bytes.toString("latin1"));
    if (match !== null) found.push({ line, seconds: Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]) });
  };
  return {
    push(chunk) {
      const bytes = Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        look(bytes.subarray(start, end));
        line += 1;
        start = end + 1;
      }
      rest = Buffer.from(bytes.subarray(Math.max(start, bytes.length - MAX_LINE_BYTES - 1)));
    },
    end() {
      look(rest);
      return found;
    },
  };
}

// The operating system's error codes in words.

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  ELOOP: "a circle of links",
  ENOSPC: "no space left on device",
  EDQUOT: "disk quota exceeded",
  EROFS: "read-only file system",
  EIO: "input or output error",
  EISDIR: "is a directory",
  ENOENT: "no such file or directory",
};

/** The code of an error of the operating system, or its text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** The same in words. */
export function reasonOf(error: unknown): string {
  return REASONS[codeOf(error)] ?? codeOf(error);
}

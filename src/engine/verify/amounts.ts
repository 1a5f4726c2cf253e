// Bytes and modes in words.

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** 12_884_901_888 is "13 GB"; two digits at least from one unit on. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** 0o755 is "0755". */
export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

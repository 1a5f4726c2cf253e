// Times in words.

/** 864_000 is "10 days". */
export function timeText(seconds: number): string {
  const steps: readonly (readonly [number, string])[] = [[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  const [size, name] = steps.find(([each]) => seconds >= each) ?? [1, "second"];
  const amount = Number((seconds / size).toFixed(1));
  return `${amount} ${name}${amount === 1 ? "" : "s"}`;
}

// Durations in requests and on the command line: `10s`, `500ms`, `1m30s`. And how one is shown to people.

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^(?:\d{1,9}(?:ms|s|m|h))+$/;
const PART = /(\d+)(ms|s|m|h)/g;

/** Milliseconds, or undefined when the text is not a duration with units. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (text.length > 32 || !WHOLE.test(text)) return undefined;
  let sumMs = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PART))
    sumMs += Number(amount) * (UNIT_MS[unit] ?? 0);
  return sumMs;
}

/** `83 ms`, `4 s`, `2 min`, `5 h`, `3 d`: one unit, for a line of text. */
export function describeDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.max(0, Math.round(durationMs))} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

const WRITTEN_UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** `1m30s`: nothing lost, as it is written in a configuration. */
export function writeDuration(durationMs: number): string {
  let leftMs = Math.round(durationMs);
  if (leftMs <= 0) return '0';
  let text = '';
  for (const [unit, unitMs] of WRITTEN_UNITS) {
    const amount = Math.floor(leftMs / unitMs);
    if (amount > 0) text += `${amount}${unit}`;
    leftMs -= amount * unitMs;
  }
  return text;
}

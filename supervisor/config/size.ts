// Amounts of bytes with units, as Compose writes them: 512K, 10M, 1.5G; also KB and KiB. All units are powers of 1024, as in Compose
// and Docker. The result is whole bytes.
import { ok, quote, wrong, type Parsed } from './parsed.ts';

export const SIZE_PATTERN = String.raw`^\d+(\.\d+)?([kKmMgGtT]([iI]?[bB]|i)?|[bB])$`;
const WHOLE = new RegExp(SIZE_PATTERN);
const POWERS = 'bkmgt';
const REMEDY = 'Write a number with a unit (B, K, M, G, T, in powers of 1024), such as 512K or 10M.';

export function parseSize(value: unknown): Parsed<number> {
  if (value === 0 || value === '0') return ok(0);
  if (typeof value === 'number') return bareNumber(String(value));
  if (typeof value !== 'string') return wrong(`must be a size, not ${quote(value)}`, REMEDY);
  if (/^\d+(\.\d+)?$/.test(value)) return bareNumber(value);
  // The pattern is tried on short texts only: it must not cost time on a hostile one.
  if (value.length > 64 || !WHOLE.test(value)) return wrong(`${quote(value)} is not a size`, REMEDY);
  return inRange(value, bytesOf(value));
}

function bareNumber(text: string): Parsed<never> {
  return wrong(`${quote(text)} has no unit`, `Write the unit: ${text}B, ${text}K or ${text}M.`);
}

function bytesOf(text: string): number {
  const unit = /[a-z]/.exec(text.toLowerCase())?.[0] ?? 'b';
  return Math.round(Number.parseFloat(text) * 1024 ** POWERS.indexOf(unit));
}

function inRange(text: string, bytes: number): Parsed<number> {
  if (Number.isSafeInteger(bytes)) return ok(bytes);
  return wrong(`${quote(text)} is too large`, 'Write less than 8192T.');
}

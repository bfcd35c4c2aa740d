// A setting of an application as people write and read it: a JSON scalar, or else text. What is written can be read back.
import type { SettingValue } from '../core/application-spec.ts';

/** A number that cannot be held as it is written stays text, and so does a list or a map. */
export function parseSetting(text: string): SettingValue {
  if (text !== text.trim()) return text;
  try {
    const value: unknown = JSON.parse(text);
    return isScalar(value) && isExact(value) ? value : text;
  } catch {
    return text;
  }
}

/** On one line, without anything that a terminal would take for a command. */
export function writeSetting(value: SettingValue): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const isPlain = /^[^\s"\p{C}]+$/u.test(value) && parseSetting(value) === value;
  return isPlain ? value : quote(value);
}

/** JSON escapes only the control characters of ASCII. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(/\p{C}/gu, (characters) =>
    Array.from({ length: characters.length }, (_, at) => escape(characters.charCodeAt(at))).join(''),
  );
}

function escape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

function isScalar(value: unknown): value is SettingValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isExact(value: SettingValue): boolean {
  if (typeof value !== 'number') return true;
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

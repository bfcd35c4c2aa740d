// Regular expressions in the configuration, with the `v` flag of JavaScript. The engine says what is wrong with one, not where; the
// place is found by trying how much of it is right.
import { examinePattern } from '../core/pattern-cost.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';

/** Each place costs an attempt to compile; nobody writes a longer one by hand. */
const MAX_LENGTH = 1000;
const REMEDY = 'Put a backslash before a character that is meant as itself; see RegExp with the flag v.';

/** The text itself, when it can be compiled. */
export function parsePattern(text: string): Parsed<string> {
  if (text === '') return wrong('is an empty pattern, which every line matches', 'Write a part of the line.');
  if (text.length > MAX_LENGTH) return wrong(`is longer than ${MAX_LENGTH} characters`, 'Write it shorter.');
  const fault = faultOf(text);
  if (fault === undefined) return withinTime(text);
  const at = placeOf(text, fault);
  const from = text.slice(at, at + 20);
  return wrong(`is no regular expression: ${fault}, at character ${at + 1}: ${quote(from)}`, REMEDY);
}

function withinTime(text: string): Parsed<string> {
  const cost = examinePattern(text);
  if (cost.kind === 'bounded') return ok(text);
  return wrong(
    `repeats what is repeated already, and a long line could take for ever: ${quote(cost.part)}`,
    'Repeat it once, such as [\\w\\s]+ in place of (\\w+\\s?)+.',
  );
}

function faultOf(text: string): string | undefined {
  try {
    new RegExp(text, 'v');
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // "Invalid regular expression: /TEXT/v: REASON", and the text may hold anything.
    return error.message.slice(error.message.lastIndexOf('/v: ') + '/v: '.length).toLowerCase();
  }
}

/** The last character of the shortest beginning from which on every longer one fails for the same reason as the whole. */
function placeOf(text: string, fault: string): number {
  let at = text.length - 1;
  while (at > 0 && faultOf(text.slice(0, at)) === fault) at -= 1;
  return at;
}

// Which lines a reader wants. A pattern is a regular expression of JavaScript, tried with a limit of time: one that runs away must not hold up
// the control plane.
import { examinePattern } from '../../../core/pattern-cost.ts';
import type { OutputStream } from '../../../core/plane-message.ts';
import { callWithin } from '../../../logs/redaction/watched-call.ts';
import type { ReadLine } from './read-line.ts';

/** For one piece of lines. */
const LIMIT_MS = 200;

export type LineWish = {
  readonly stream: OutputStream | undefined;
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly grep: string | undefined;
  readonly letterCase: 'exact' | 'any';
};

/** `too-slow`: the pattern has taken longer than it may, and nobody knows which lines match. */
export type FilterLines = (lines: readonly ReadLine[]) => readonly ReadLine[] | 'too-slow';

/** Throws a SyntaxError when the pattern is none. */
export function createLineFilter(wish: LineWish): FilterLines {
  const matches = createMatch(wish);
  const isPlain = wish.stream === undefined && wish.sinceMs === undefined && wish.untilMs === undefined;
  return (lines) => {
    const fitting = isPlain ? lines : lines.filter((line) => fits(line, wish));
    return matches === undefined || fitting.length === 0 ? fitting : matches(fitting);
  };
}

/** Whether the filter lets all lines pass. */
export function wantsAll({ stream, sinceMs, untilMs, grep }: LineWish): boolean {
  return [stream, sinceMs, untilMs, grep].every((wish) => wish === undefined);
}

/** The part of the pattern that may take for ever, if there is one. Throws a SyntaxError when it is none. */
export function runawayPart(pattern: string): string | undefined {
  new RegExp(pattern, 'v');
  const cost = examinePattern(pattern);
  return cost.kind === 'runaway' ? cost.part : undefined;
}

function fits({ timeMs, stream }: ReadLine, wish: LineWish): boolean {
  if (wish.stream !== undefined && stream !== wish.stream) return false;
  if (wish.sinceMs === undefined && wish.untilMs === undefined) return true;
  if (timeMs === undefined) return false;
  return timeMs >= (wish.sinceMs ?? -Infinity) && timeMs <= (wish.untilMs ?? Infinity);
}

function createMatch({ grep, letterCase }: LineWish): FilterLines | undefined {
  if (grep === undefined) return undefined;
  const pattern = new RegExp(grep, letterCase === 'any' ? 'vi' : 'v');
  if (isLiteral(grep) && letterCase === 'exact')
    return (lines) => lines.filter(({ bytes }) => bytes.includes(grep));
  const cost = examinePattern(grep);
  const required = cost.kind === 'bounded' && letterCase === 'exact' ? cost.required : '';
  return (lines) => {
    // Most lines are out without being decoded.
    const likely = required === '' ? lines : lines.filter(({ bytes }) => bytes.includes(required));
    if (likely.length === 0) return likely;
    const answer = callWithin(LIMIT_MS, () => likely.filter(({ bytes }) => pattern.test(bytes.toString())));
    return answer === undefined ? 'too-slow' : answer.result;
  };
}

function isLiteral(pattern: string): boolean {
  return /^[^\\^$.*+?\(\)\[\]\{\}\|\/]+$/v.test(pattern);
}

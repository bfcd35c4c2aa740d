// Why something that was asked of an application was not done, in the words of the API's problem documents.
import type { ProblemCode } from '../../wire/problem.ts';

export type ChannelCode = Extract<ProblemCode, `application-${string}`>;

export type ChannelFailure = {
  readonly kind: 'failed';
  readonly code: ChannelCode;
  /** For people: the end of a sentence that begins with the service's name. */
  readonly reason: string;
  /** Of a change. `unknown`: it was sent, and no answer says what became of it. */
  readonly effect: 'none' | 'unknown';
  /** By key, where the application says what is wrong. */
  readonly errors: readonly KeyError[];
};

export type KeyError = { readonly key: string; readonly message: string };

export function failed(
  code: ChannelCode,
  reason: string,
  more: Partial<Pick<ChannelFailure, 'effect' | 'errors'>> = {},
): ChannelFailure {
  return { kind: 'failed', code, reason, effect: 'none', errors: [], ...more };
}

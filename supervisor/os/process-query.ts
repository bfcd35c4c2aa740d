// Whether what is said of an attached process is true of one, and in words why not. The arguments of other processes are in none of these
// words: they may hold secrets.
import type { ProcessQuery } from '../core/attachment.ts';
import type { Pid } from '../core/names.ts';
import { examinePattern } from '../core/pattern-cost.ts';
import { argumentsOf, executableOf, MOST_ARGUMENT_BYTES, userOf } from './process-details.ts';
import type { Errno } from './system-calls.ts';

export type Examined =
  | { readonly kind: 'match' }
  | { readonly kind: 'other'; readonly why: string }
  /** It has ended, or is a thread of the kernel. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly file: string; readonly errno: Errno };

/** Where the time may grow with the cube of the length, less is looked at. */
const COSTLY_POWER = 2;
const MOST_COSTLY_BYTES = 1024;

export class ProcessMatcher {
  readonly #query: ProcessQuery;
  readonly #pattern: RegExp | undefined;
  readonly #mostCharacters: number;

  constructor(query: ProcessQuery) {
    this.#query = query;
    const { command } = query;
    this.#pattern = command === undefined ? undefined : new RegExp(command, 'v');
    const cost = command === undefined ? undefined : examinePattern(command);
    const isCostly = cost?.kind === 'bounded' && cost.power > COSTLY_POWER;
    this.#mostCharacters = isCostly ? MOST_COSTLY_BYTES : MOST_ARGUMENT_BYTES;
  }

  async examine(pid: Pid): Promise<Examined> {
    const { executable, uid } = this.#query;
    if (executable !== undefined) {
      const read = await executableOf(pid);
      if (!read.ok) return failure('exe', read.errno);
      if (read.value !== executable) return { kind: 'other', why: `it executes ${read.value}` };
    }
    const text = await argumentsOf(pid);
    if (!text.ok) return failure('cmdline', text.errno);
    if (text.value === '') return { kind: 'gone' };
    if (this.#pattern?.test(text.value.slice(0, this.#mostCharacters)) === false)
      return { kind: 'other', why: 'its arguments do not match attach.command' };
    if (uid === undefined) return { kind: 'match' };
    const user = await userOf(pid);
    if (!user.ok) return failure('status', user.errno);
    return user.value === uid ? { kind: 'match' } : { kind: 'other', why: `it runs as uid ${user.value}` };
  }
}

function failure(file: string, errno: Errno): Examined {
  // ESRCH: between opening the file and reading it.
  return errno === 'ENOENT' || errno === 'ESRCH' ? { kind: 'gone' } : { kind: 'unreadable', file, errno };
}

/** For a sentence: what it is that is looked for. */
export function describeQuery({ command, executable, uid }: ProcessQuery): string {
  const parts = [
    ...(executable === undefined ? [] : [`executes ${executable}`]),
    ...(command === undefined ? [] : [`has arguments that match ${command}`]),
    ...(uid === undefined ? [] : [`runs as uid ${uid}`]),
  ];
  return parts.join(' and ');
}

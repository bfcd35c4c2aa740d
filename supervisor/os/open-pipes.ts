// The pipes of a program, all of them or none.
import { explainShortage } from './spawn-error.ts';
import type { Errno, SystemCalls } from './system-calls.ts';

type WantedPipe<Name extends string> = {
  readonly name: Name;
  /** Which of the program's descriptors its end becomes. */
  readonly theirs: number;
  readonly flow: 'to-us' | 'to-them';
};

/** `ours` and `given`: our end and the one that the program is given. */
type OpenPipe<Name extends string> = WantedPipe<Name> & { readonly ours: number; readonly given: number };

export function openPipes<Name extends string>(
  calls: Pick<SystemCalls, 'pipe' | 'close'>,
  wanted: readonly WantedPipe<Name>[],
):
  | { readonly ok: true; readonly value: readonly OpenPipe<Name>[] }
  | { readonly ok: false; readonly errno: Errno; readonly why: string } {
  const opened: OpenPipe<Name>[] = [];
  for (const pipe of wanted) {
    const made = calls.pipe();
    if (!made.ok) {
      for (const { ours, given } of opened) [ours, given].forEach((fd) => calls.close(fd));
      return { ...made, why: `cannot make a pipe: ${explainShortage(made.errno)}` };
    }
    const { read, write } = made.value;
    const ends = pipe.flow === 'to-us' ? { ours: read, given: write } : { ours: write, given: read };
    opened.push({ ...pipe, ...ends });
  }
  return { ok: true, value: opened };
}

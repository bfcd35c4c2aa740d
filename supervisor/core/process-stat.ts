// A line of proc_pid_stat(5), taken apart once for all who read it: the engine's adapters, the metrics, bosunctl. Reads no file.

export type StatLine = {
  readonly pid: number;
  /** The program's name, at most 15 bytes: TASK_COMM_LEN. */
  readonly name: string;
  /** R, S, D, Z, T, t, I or X. */
  readonly state: string;
  /** A zombie has ended; nobody has waited for it yet. */
  readonly life: 'alive' | 'dead';
  readonly parent: number;
  /** In clock ticks since boot: with it a pid is never taken for another one. */
  readonly startTime: number;
  /** By the number that the man page gives it, from 3 on; NaN where there is none. */
  readonly field: (number: number) => number;
};

/** The first field after the name, and the last of all. */
const FIRST = 3;
const LAST = 52;

/** Of anything else than such a line every number is NaN. `last`: the fields after that one are not wanted. */
export function parseStatLine(text: string, last = LAST): StatLine {
  // The name is in brackets and may hold anything, brackets and spaces too.
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ', last - FIRST + 1);
  const field = (number: number): number => Number(fields[number - FIRST]);
  const state = fields[0] ?? '';
  return {
    pid: Number.parseInt(text, 10),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state,
    life: state === 'Z' || state === 'X' ? 'dead' : 'alive',
    parent: field(4),
    startTime: field(22),
    field,
  };
}

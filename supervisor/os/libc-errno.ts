// How a C function says that it failed: errno(3), read at once and given its name. Knows node:ffi, as every libc-*.ts does.
import { dlopen, getInt32 } from 'node:ffi';
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import type { CallResult, Errno } from './system-calls.ts';

type Failure = { readonly ok: false; readonly errno: Errno };

const { functions: c } = dlopen(null, { __errno_location: { return: 'pointer', arguments: [] } });

/** <asm-generic/errno.h>: what execve(2) and pipe2(2) say and neither libuv nor Node has a name for. */
const FURTHER = { ENOPKG: 65, ELIBBAD: 80 };

/** libuv knows some, Node others: ECHILD is only in node:os. Of two names for one number libuv's counts. */
const NAMES: ReadonlyMap<number, Errno> = new Map([
  ...namesIn(constants.errno),
  ...namesIn(FURTHER),
  ...[...getSystemErrorMap()].map(([number, [name]]) => [-number, name] as const),
]);

function namesIn(numbers: Readonly<Record<string, number>>): readonly (readonly [number, Errno])[] {
  return Object.entries(numbers).map(([name, number]) => [number, name]);
}

export function fail(errno: number): Failure {
  return { ok: false, errno: NAMES.get(errno) ?? `errno ${errno}` };
}

/** errno(3) is the thread's own; nothing of ours may run between the call and this. */
export function failed(): Failure {
  return fail(getInt32(c.__errno_location(), 0));
}

export function done(status: number): CallResult<void> {
  return status < 0 ? failed() : { ok: true, value: undefined };
}

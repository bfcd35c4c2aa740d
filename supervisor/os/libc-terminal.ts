// Pseudo-terminals, which Node does not have: posix_openpt(3), ptsname(3), TIOCSWINSZ of tty_ioctl(4). Numbers are those of 64-bit Linux on
// x86 and ARM. Resolved at the first use, since few ask for one.
import { dlopen } from 'node:ffi';
import { constants } from 'node:fs';
import { done, fail, failed } from './libc-errno.ts';
import type { SystemCalls } from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';

const O_CLOEXEC = 0o2000000;
/** Never Bosun's own: a session leader without a terminal would get the next one that it opens, credentials(7). */
const OPEN_FLAGS = constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC;
/** `/dev/pts/` and a number. */
const NAME_BYTES = 64;
// <asm-generic/ioctls.h>, struct winsize of ioctl_tty(2): rows, columns, and two fields that nobody uses.
const TIOCSWINSZ = 0x5414n;
const WINDOW_SIZE_BYTES = 8;
const MOST_CELLS = 0xffff;

type TerminalCalls = Pick<SystemCalls, 'openTerminal' | 'resizeTerminal'>;
type Functions = ReturnType<typeof resolve>;
let resolved: Functions | undefined;

function resolve() {
  return dlopen(null, {
    posix_openpt: { return: I32, arguments: [I32] },
    grantpt: { return: I32, arguments: [I32] },
    unlockpt: { return: I32, arguments: [I32] },
    ptsname_r: { return: I32, arguments: [I32, BUF, 'uint64'] },
    close: { return: I32, arguments: [I32] },
    // Variadic in C: on x86-64 and arm64 Linux integers and pointers travel as in a call that is not.
    open: { return: I32, arguments: ['string', I32] },
    ioctl: { return: I32, arguments: [I32, 'uint64', BUF] },
  }).functions;
}

function c(): Functions {
  return (resolved ??= resolve());
}

export const terminalCalls: TerminalCalls = {
  openTerminal(size) {
    // Non-blocking: a job that does not read what is typed holds up nobody.
    const master = c().posix_openpt(OPEN_FLAGS | constants.O_NONBLOCK);
    if (master < 0) return failed();
    const opened = openOtherEnd(master, size);
    if (!opened.ok) c().close(master);
    return opened;
  },

  resizeTerminal: (fd, columns, rows) => done(c().ioctl(fd, TIOCSWINSZ, windowSize(columns, rows))),
};

function openOtherEnd(
  master: number,
  { columns, rows }: Parameters<TerminalCalls['openTerminal']>[0],
): ReturnType<TerminalCalls['openTerminal']> {
  const name = Buffer.allocUnsafeSlow(NAME_BYTES);
  if (c().grantpt(master) < 0 || c().unlockpt(master) < 0) return failed();
  const unnamed = c().ptsname_r(master, name, BigInt(name.length));
  if (unnamed !== 0) return fail(unnamed);
  if (c().ioctl(master, TIOCSWINSZ, windowSize(columns, rows)) < 0) return failed();
  const path = name.toString('latin1', 0, name.indexOf(0));
  const slave = c().open(path, OPEN_FLAGS);
  return slave < 0 ? failed() : { ok: true, value: { master, slave, path } };
}

function windowSize(columns: number, rows: number): Buffer {
  const size = Buffer.allocUnsafeSlow(WINDOW_SIZE_BYTES).fill(0);
  size.writeUInt16LE(Math.min(rows, MOST_CELLS), 0);
  size.writeUInt16LE(Math.min(columns, MOST_CELLS), 2);
  return size;
}

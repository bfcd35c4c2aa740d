// How many descriptors services leave to Bosun, and the limit as it is at that moment: this process's own is lowered and raised.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { leavingRoom } from '../../supervisor/os/descriptor-room.ts';
import { libc } from '../../supervisor/os/libc.ts';

function setSoftLimit(soft: string): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${soft}:`]);
}

test('near the limit there is no pipe, and it is closed again; with a higher limit there is', () => {
  const before = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '';
  const closed: number[] = [];
  let next = 0;
  let promised = 0;
  const calls = {
    ...libc,
    pipe: () => ({ ok: true, value: { read: next - 1, write: next } }) as const,
    close: (fd: number) => {
      closed.push(fd);
      return { ok: true, value: undefined } as const;
    },
  };
  const terminals = {
    ...calls,
    openTerminal: () => ({ ok: true, value: { master: next, slave: next - 1, path: '' } }) as const,
  };
  const pipeAt = (write: number): string => {
    next = write;
    const made = room.pipe();
    return made.ok ? 'made' : made.errno;
  };
  setSoftLimit('200');
  const room = leavingRoom(calls, () => promised);
  try {
    assert.equal(pipeAt(159), 'made');
    assert.deepEqual(closed, []);
    assert.equal(pipeAt(160), 'EMFILE');
    assert.deepEqual(closed, [159, 160]);
    const terminal = leavingRoom(terminals, () => promised);
    next = 159;
    assert.ok(terminal.openTerminal({ columns: 1, rows: 1 }).ok);
    next = 160;
    assert.deepEqual(terminal.openTerminal({ columns: 1, rows: 1 }), { ok: false, errno: 'EMFILE' });
    assert.deepEqual(closed.splice(2), [160, 159]);
    // What is open already will want some more.
    promised = 10;
    assert.equal(pipeAt(149), 'made');
    assert.equal(pipeAt(150), 'EMFILE');
  } finally {
    setSoftLimit(before);
  }
  assert.equal(pipeAt(160), 'made');
});

test('that no pipe can be made is passed on as it is', () => {
  const failing = { ...libc, pipe: () => ({ ok: false, errno: 'ENFILE' }) as const };
  assert.deepEqual(leavingRoom(failing, () => 0).pipe(), { ok: false, errno: 'ENFILE' });
});

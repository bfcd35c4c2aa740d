// libuv's poll handles over node:ffi: when they call back and when not, that they end, and that they cannot end the process.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { DynamicLibrary, toString } from 'node:ffi';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { mock, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { whenReadable } from '../../supervisor/os/poll.ts';
import type { ReadableWatch } from '../../supervisor/os/system-calls.ts';
import { close, pipe } from '../support/datagram-sender.ts';
import { until } from '../support/deadline.ts';

function watch(fd: number, readable: () => void): ReadableWatch {
  const result = whenReadable(fd, readable);
  if (!result.ok) throw new Error(result.errno);
  return result.value;
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

/** A watched pipe. */
class Watched implements Disposable {
  readonly #pipe = pipe();
  calls = 0;
  readonly watch = watch(this.#pipe.read, () => {
    this.calls++;
    this.onCall();
  });
  onCall: () => void = () => undefined;

  get fd(): number {
    return this.#pipe.read;
  }

  write(): void {
    writeSync(this.#pipe.write, '.');
  }

  read(): void {
    readSync(this.#pipe.read, Buffer.alloc(1));
  }

  [Symbol.dispose](): void {
    this.watch[Symbol.dispose]();
    close(this.#pipe.read);
    close(this.#pipe.write);
  }
}

test('the number that stands for a poll handle is that of this libuv', () => {
  const uv = new DynamicLibrary(null).getFunctions({
    uv_handle_type_name: { return: 'pointer', arguments: ['int32'] },
  });
  assert.equal(toString(uv.uv_handle_type_name(8)), 'poll');
});

test('it calls back for as long as there is something to read, and not before or after', async () => {
  using watched = new Watched();
  await turns(20);
  assert.equal(watched.calls, 0);
  watched.write();
  await until('three calls', () => watched.calls >= 3);
  watched.read();
  await turns(2);
  const { calls } = watched;
  await turns(20);
  assert.equal(watched.calls, calls);
});

test('paused it is silent, resumed it says what it did not', async () => {
  using watched = new Watched();
  watched.watch.pause();
  watched.write();
  // Not even libuv calls: it would do so in a circle.
  const asked = mock.method(globalThis, 'setImmediate');
  await turns(20);
  assert.equal(asked.mock.callCount(), 0);
  asked.mock.restore();
  assert.equal(watched.calls, 0);
  watched.watch.resume();
  await until('a call', () => watched.calls > 0);
});

const ENDS: readonly (readonly [string, (watch: ReadableWatch) => void])[] = [
  [
    'disposed of',
    (watch) => {
      watch[Symbol.dispose]();
    },
  ],
  [
    'paused',
    (watch) => {
      watch.pause();
    },
  ],
];
for (const [what, end] of ENDS)
  test(`nothing comes after it was ${what}, not even what was on its way`, async () => {
    using one = new Watched();
    using two = new Watched();
    const pairs = [
      [one, two],
      [two, one],
    ] as const;
    for (const [called, other] of pairs)
      called.onCall = () => {
        called.read();
        end(other.watch);
      };
    one.write();
    two.write();
    await until('a call', () => one.calls + two.calls > 0);
    await turns(20);
    assert.equal(one.calls + two.calls, 1);
  });

test('after the end it can be told anything', async () => {
  using watched = new Watched();
  watched.watch[Symbol.dispose]();
  watched.watch.resume();
  watched.watch.pause();
  watched.watch[Symbol.dispose]();
  watched.write();
  await turns(20);
  assert.equal(watched.calls, 0);
});

test('a promise in a listener goes on at once, as in any other', async () => {
  using watched = new Watched();
  const order: string[] = [];
  watched.onCall = () => {
    watched.read();
    setImmediate(() => order.push('next turn'));
    void Promise.resolve().then(() => order.push('promise'));
    process.nextTick(() => order.push('tick'));
  };
  watched.write();
  await until('all three', () => order.length === 3);
  assert.deepEqual(order, ['tick', 'promise', 'next turn']);
});

test('a listener that throws is an uncaught exception, which Bosun survives', () => {
  const fixture = join(import.meta.dirname, '../fixtures/poll-listener-throws.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [fixture], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /uncaught exception; going on.*on purpose/);
  assert.equal(stdout, 'went on\n');
});

test('what cannot be watched is refused with the reason', () => {
  const file = openSync(import.meta.filename, 'r');
  const refused = (fd: number) => whenReadable(fd, () => undefined);
  assert.deepEqual(refused(file), { ok: false, errno: 'EPERM' });
  closeSync(file);
  assert.deepEqual(refused(file), { ok: false, errno: 'EBADF' });
  using watched = new Watched();
  assert.deepEqual(refused(watched.fd), { ok: false, errno: 'EEXIST' });
});

test('an error of the descriptor that stays is not told in a circle', async () => {
  const { read, write } = pipe();
  let calls = 0;
  const watched = watch(write, () => calls++);
  close(read);
  await until('a call', () => calls > 0);
  await turns(1000);
  assert.ok(calls < 10, `${calls} calls`);
  await until('another one, later', () => calls > 1);
  watched[Symbol.dispose]();
  close(write);
});

test('5000 watches of one descriptor after another: their memory is given back', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { read, write } = pipe();
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let n = 0; n < 5000; n++) {
    watch(read, () => undefined)[Symbol.dispose]();
    if (n % 100 === 0) await turn();
  }
  await turns(2);
  await until('the memory', () => {
    collect();
    return process.memoryUsage().arrayBuffers < before + 50 * 160;
  });
  close(read);
  close(write);
});

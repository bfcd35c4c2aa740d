// The channel of one run with real sockets and descriptors: who may speak, barriers, descriptors that are refused, floods, every
// system call failing, and the watchdog on a clock of the test's own.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { NotifyChannels } from '../../supervisor/boot/notify-port.ts';
import type { RunId } from '../../supervisor/core/names.ts';
import type { Notice } from '../../supervisor/core/notice.ts';
import { clock } from '../../supervisor/os/clock.ts';
import { libc } from '../../supervisor/os/libc.ts';
import {
  openNotifyChannel,
  type NotifyChannel,
  type NotifyParty,
} from '../../supervisor/os/notify-channel.ts';
import type { Datagram, SystemCalls } from '../../supervisor/os/system-calls.ts';
import { close, DatagramSender, isHungUp, pipe } from '../support/datagram-sender.ts';
import { until } from '../support/deadline.ts';
import { LingeringSocket } from '../support/lingering-socket.ts';
import { service } from '../support/specs.ts';

let opened = 0;

type Timing = Parameters<typeof openNotifyChannel>[1];

/** A channel that is this process's own, and what it has said. */
class Rig implements Disposable {
  readonly notices: Notice[] = [];
  readonly warnings: string[] = [];
  readonly failures: string[] = [];
  readonly channel: NotifyChannel;
  readonly sender: DatagramSender;

  constructor(party: Partial<NotifyParty> = {}, calls: SystemCalls = libc, timing: Timing = clock) {
    const result = openNotifyChannel(calls, timing, {
      address: `bosun-test/${process.pid}/${++opened}`,
      watchdogMs: undefined,
      uids: new Set([0, process.getuid?.() ?? 0]),
      owns: () => true,
      notified: (notices) => this.notices.push(...notices),
      watchdogFailed: (reason) => this.failures.push(reason),
      warn: (text) => this.warnings.push(text),
      ...party,
    });
    if (result.kind === 'failed') throw new Error(result.message);
    this.channel = result.channel;
    this.sender = new DatagramSender(this.channel.environment['NOTIFY_SOCKET'] ?? '');
  }

  statuses(): readonly string[] {
    return this.notices.flatMap((notice) => (notice.kind === 'status' ? [notice.text] : []));
  }

  async status(text: string): Promise<void> {
    await until(`the status ${text}; warned: ${this.warnings.join()}`, () => this.statuses().includes(text));
  }

  async warning(fits: RegExp): Promise<void> {
    await until(`a warning like ${String(fits)}`, () => this.warnings.some((text) => fits.test(text)));
  }

  [Symbol.dispose](): void {
    this.sender[Symbol.dispose]();
    this.channel[Symbol.dispose]();
  }
}

/** What is open in this process: to see what is left open. */
function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** The kernel names this sender, whose session may be asked for or not. */
function sentBy(sender: Datagram['sender'], session: 'ESRCH' | 'ok'): SystemCalls {
  return {
    ...libc,
    receive: (fd, limit) => {
      const received = libc.receive(fd, limit);
      return received.ok ? { ok: true, value: { ...received.value, sender } } : received;
    },
    sessionOf: (pid) => (session === 'ok' ? { ok: true, value: pid } : { ok: false, errno: 'ESRCH' }),
  };
}

const STRANGER = { pid: 4711, uid: 1234, gid: 0 };

test('a message comes through with what it says, in order', async () => {
  using rig = new Rig();
  rig.sender.send('READY=1');
  rig.sender.send('STATUS=one');
  rig.sender.send('STATUS=two');
  await rig.status('two');
  assert.deepEqual(
    rig.notices.map((notice) => notice.kind),
    ['ready', 'status', 'status'],
  );
  assert.deepEqual(rig.statuses(), ['one', 'two']);
});

test('a name that an abstract socket had can be had again: nothing is left behind', () => {
  const address = `bosun-test/${process.pid}/again`;
  for (let n = 0; n < 3; n++) {
    using rig = new Rig({ address });
    assert.equal(rig.channel.environment['NOTIFY_SOCKET'], `@${address}`);
  }
});

test('a message from somebody else is refused, counted, and told once', async () => {
  using rig = new Rig({ owns: () => false }, sentBy(STRANGER, 'ok'));
  for (const text of ['READY=1', 'STATUS=no', 'STOPPING=1']) rig.sender.send(text);
  await rig.warning(/process 4711 \(uid 1234\).* was refused/);
  // The loop has seen all three when a barrier behind them is answered.
  const { read, write } = pipe();
  rig.sender.send('BARRIER=1', [write]);
  close(write);
  await until('the barrier', () => isHungUp(read));
  close(read);
  rig.channel[Symbol.dispose]();
  assert.deepEqual(rig.notices, []);
  assert.equal(rig.warnings.length, 2);
  assert.match(rig.warnings[1] ?? '', /^4 notifications were refused/);
});

const SENDERS: readonly (readonly [string, Datagram['sender'], 'ESRCH' | 'ok', 'taken' | 'refused'])[] = [
  ['outside of the PID namespace', { pid: 0, uid: 0, gid: 0 }, 'ESRCH', 'refused'],
  ['that the kernel does not name', undefined, 'ESRCH', 'refused'],
  ['that is gone, of the service’s uid', { pid: 4711, uid: 1234, gid: 0 }, 'ESRCH', 'taken'],
  ['that is gone, of root', { pid: 4711, uid: 0, gid: 0 }, 'ESRCH', 'taken'],
  ['that is gone, of another uid', { pid: 4711, uid: 99, gid: 0 }, 'ESRCH', 'refused'],
  ['that lives elsewhere, of the service’s uid', { pid: 4711, uid: 1234, gid: 0 }, 'ok', 'refused'],
];
for (const [who, sender, session, verdict] of SENDERS)
  test(`a sender ${who} is ${verdict}`, async () => {
    const calls = sentBy(sender, session);
    using rig = new Rig({ owns: () => false, uids: new Set([0, 1234]) }, calls);
    rig.sender.send('STATUS=said');
    await until('a verdict', () => rig.notices.length + rig.warnings.length > 0);
    assert.equal(rig.notices.length > 0 ? 'taken' : 'refused', verdict);
  });

test('MAINPID of a process that is not of the run is left out, the rest of the message is not', async () => {
  using rig = new Rig({ owns: (pid) => pid !== 4711 });
  rig.sender.send('MAINPID=4711\nSTATUS=changed');
  await rig.status('changed');
  assert.deepEqual(rig.notices, [{ kind: 'status', text: 'changed' }]);
  await rig.warning(/MAINPID=4711 was refused/);
  rig.sender.send(`MAINPID=${process.pid}`);
  await until('the other', () => rig.notices.some((notice) => notice.kind === 'main-pid'));
});

test('a message of 4096 bytes is taken, a longer one left out whole', async () => {
  using rig = new Rig();
  rig.sender.send(`X=${'x'.repeat(4096 - 11)}\nREADY=1`);
  await until('it', () => rig.notices.some((notice) => notice.kind === 'ready'));
  rig.sender.send(`STATUS=${'x'.repeat(4096)}`);
  rig.sender.send('STATUS=short');
  await rig.status('short');
  assert.deepEqual(rig.statuses(), ['short']);
  await rig.warning(/more than 4096 bytes/);
});

test('an empty message and one with a NUL change nothing and end nothing', async () => {
  using rig = new Rig();
  rig.sender.send('');
  rig.sender.send('READY=1\0STATUS=no');
  rig.sender.send('STATUS=yes');
  await rig.status('yes');
  assert.deepEqual(rig.notices, [{ kind: 'status', text: 'yes' }]);
});

test('a barrier is answered when all before it has been handled', async () => {
  const seen: string[] = [];
  const { read, write } = pipe();
  using rig = new Rig({
    notified: ([notice]) => {
      if (notice?.kind === 'status') seen.push(notice.text);
      assert.ok(!isHungUp(read));
    },
  });
  for (let n = 0; n < 9; n++) rig.sender.send(`STATUS=${n}`);
  rig.sender.send('BARRIER=1', [write]);
  close(write);
  await until('the barrier', () => isHungUp(read));
  close(read);
  assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5', '6', '7', '8']);
});

test('descriptors to be kept are closed, and that is told once', async () => {
  using rig = new Rig();
  const before = openDescriptors();
  for (let n = 0; n < 3; n++) {
    const { read, write } = pipe();
    rig.sender.send('FDSTORE=1\nFDNAME=kept', [write, write, write]);
    close(write);
    await until('our end is the last', () => isHungUp(read));
    close(read);
  }
  await until('as many descriptors as before', () => openDescriptors() === before);
  assert.equal(rig.warnings.length, 1);
  assert.match(rig.warnings[0] ?? '', /FDSTORE=1/);
});

test('253 descriptors in one message, from somebody who may not speak: none stays open', async () => {
  using rig = new Rig({ owns: () => false }, sentBy(STRANGER, 'ok'));
  const before = openDescriptors();
  const { read, write } = pipe();
  rig.sender.send('READY=1', new Array<number>(253).fill(write));
  close(write);
  await until('our end is the last', () => isHungUp(read));
  close(read);
  await until('as many descriptors as before', () => openDescriptors() === before);
});

test('a descriptor whose close takes its time does not hold us up', async () => {
  let closed = 0;
  const calls: SystemCalls = {
    ...libc,
    closeAside: (fd, done) => {
      libc.closeAside(fd, () => {
        closed++;
        done();
      });
    },
  };
  await using lingering = await LingeringSocket.create();
  using rig = new Rig({}, calls);
  rig.sender.send('FDSTORE=1', [lingering.fd]);
  rig.sender.send('STATUS=after it');
  lingering.close();
  await rig.warning(/FDSTORE/);
  await turn();
  assert.equal(closed, 0);
  lingering.reset();
  await rig.status('after it');
  assert.equal(closed, 1);
});

test('a flood does not keep the loop from its other work, and nothing of it is lost', async () => {
  using rig = new Rig();
  let turns = 0;
  let sent = 0;
  while (sent < 3000) {
    try {
      rig.sender.send(`STATUS=${sent}`);
      sent++;
    } catch {
      // Its queue is full until the loop has had its turn.
      turns++;
      await turn();
    }
  }
  await rig.status('2999');
  assert.ok(turns > 10);
  assert.deepEqual(
    rig.statuses(),
    Array.from({ length: 3000 }, (_, n) => String(n)),
  );
});

test('neither the socket nor what comes through it is inherited by a process that is started meanwhile', () => {
  const made = libc.datagramSocket();
  assert.ok(made.ok);
  const address = `bosun-test/${process.pid}/cloexec`;
  assert.deepEqual(
    [libc.passCredentials(made.value).ok, libc.bindAbstract(made.value, address).ok],
    [true, true],
  );
  assert.deepEqual(libc.receive(made.value, 10), { ok: false, errno: 'EAGAIN' });
  using sender = new DatagramSender(`@${address}`);
  sender.send('READY=1', [0]);
  const received = libc.receive(made.value, 10);
  assert.ok(received.ok);
  assert.deepEqual(received.value.sender, {
    pid: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
  const [passed = NaN] = received.value.descriptors;
  for (const fd of [made.value, passed]) {
    assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /^flags:\t02\d{6}$/m);
    close(fd);
  }
});

const CALLS = ['datagramSocket', 'passCredentials', 'bindAbstract', 'whenReadable'] as const;
for (const call of CALLS)
  for (const errno of ['EMFILE', 'EACCES', 'ENOMEM'])
    test(`${call} fails with ${errno}: said in words, and nothing stays open`, () => {
      const before = openDescriptors();
      assert.throws(
        () => new Rig({}, { ...libc, [call]: () => ({ ok: false, errno }) }),
        new RegExp(`^Error: cannot open the socket for notifications: .* failed with ${errno}`),
      );
      assert.equal(openDescriptors(), before);
    });

test('as the engine sees it: a spawn that failed, with the errno and words that say what to look at', () => {
  const calls: SystemCalls = { ...libc, datagramSocket: () => ({ ok: false, errno: 'EMFILE' }) };
  const channels = new NotifyChannels({ calls, clock, owns: () => true, tell: () => undefined });
  const observer = { notified: () => undefined, watchdogFailed: () => undefined };
  const result = channels.open(service('s', { command: ['web'] }), 1 as RunId, observer);
  assert.deepEqual('kind' in result && result.error, {
    code: 'EMFILE',
    message:
      'cannot start s: cannot open the socket for notifications: socket(2) failed with EMFILE: the limit of open files is reached',
  });
});

test('two with one name: the second is told so', () => {
  const address = `bosun-test/${process.pid}/taken`;
  using first = new Rig({ address });
  assert.throws(() => new Rig({ address }), /bind\(2\) failed with EADDRINUSE: somebody has taken its name/);
  assert.ok(first.notices.length === 0);
});

for (const errno of ['EINTR', 'ENOBUFS', 'ENOMEM', 'ECONNRESET', 'EBADMSG'])
  test(`recvmsg fails with ${errno}, again and again: not lost, and not asked in a circle`, async () => {
    let left = 3;
    let asked = 0;
    const calls: SystemCalls = {
      ...libc,
      receive: (fd, limit) => {
        asked++;
        return left-- > 0 ? { ok: false, errno } : libc.receive(fd, limit);
      },
    };
    using rig = new Rig({}, calls);
    rig.sender.send('STATUS=at last');
    await rig.status('at last');
    // Three that failed, the one that did not, and the one that found nothing more.
    assert.ok(asked <= 5, `asked ${asked} times`);
  });

test('a call that a signal interrupts is made again at once', () => {
  let left = 3;
  const calls: SystemCalls = {
    ...libc,
    receive: (fd, limit) => (left-- > 0 ? { ok: false, errno: 'EINTR' } : libc.receive(fd, limit)),
  };
  using rig = new Rig({}, calls);
  rig.sender.send('STATUS=said');
  rig.channel.drain();
  assert.deepEqual(rig.statuses(), ['said']);
});

test('a sender that never ends does not keep the loop: it has its turns', async () => {
  let received = 0;
  const endless: SystemCalls = {
    ...libc,
    receive: (fd, limit) => {
      received++;
      if (received > 5000) return { ok: false, errno: 'EAGAIN' };
      const first = libc.receive(fd, limit);
      const bytes = Buffer.from('WATCHDOG=1');
      return first.ok
        ? first
        : { ok: true, value: { bytes, length: 'whole', sender: STRANGER, descriptors: [] } };
    },
  };
  using rig = new Rig({}, endless);
  const before = received;
  rig.sender.send('READY=1');
  await until('the first', () => received > before);
  assert.ok(received < 1000, `${received} in one turn`);
});

test('a poll that comes without a message, and a socket that fails for good, do not spin', async () => {
  let asked = 0;
  const failing: SystemCalls = {
    ...libc,
    receive: () => {
      asked++;
      return { ok: false, errno: 'ENOBUFS' };
    },
  };
  using rig = new Rig({}, failing);
  rig.sender.send('READY=1');
  await until('the first', () => asked > 0);
  for (let n = 0; n < 1000; n++) await turn();
  assert.ok(asked < 10, `asked ${asked} times`);
});

test('what was sent before it is drained or the channel closed: drained is handled, closed is not', () => {
  using rig = new Rig();
  rig.sender.send('STATUS=last words');
  rig.channel.drain();
  assert.deepEqual(rig.statuses(), ['last words']);
  rig.sender.send('STATUS=too late');
  rig.channel[Symbol.dispose]();
  rig.channel[Symbol.dispose]();
  rig.channel.drain();
  assert.deepEqual(rig.statuses(), ['last words']);
});

test('200 channels, opened and closed: no descriptor is left', async () => {
  const before = openDescriptors();
  const rigs = Array.from({ length: 200 }, () => new Rig());
  for (const [n, rig] of rigs.entries()) rig.sender.send(`STATUS=${n}`);
  for (const [n, rig] of rigs.entries()) await rig.status(String(n));
  for (const rig of rigs) rig[Symbol.dispose]();
  assert.equal(openDescriptors(), before);
});

/** Moves only when it is told to. */
class HandClock {
  time = 1000;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  get armed(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.time;
  }

  at(atMs: number, callback: () => void): { cancel(): void } {
    const timer = { atMs, callback };
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
      },
    };
  }

  advance(ms: number): void {
    this.time += ms;
    for (const timer of [...this.#timers])
      if (timer.atMs <= this.time && this.#timers.delete(timer)) timer.callback();
  }
}

function watched(periodMs = 30_000): { rig: Rig; hand: HandClock } & Disposable {
  const hand = new HandClock();
  const timing = { nowMs: () => hand.nowMs(), at: hand.at.bind(hand) };
  const rig = new Rig({ watchdogMs: periodMs }, libc, timing);
  return {
    rig,
    hand,
    [Symbol.dispose]: () => {
      rig[Symbol.dispose]();
    },
  };
}

test('watchdog: it counts from the start on, and one period without a sign is told once', () => {
  using dog = watched();
  const { rig, hand } = dog;
  assert.equal(rig.channel.environment['WATCHDOG_USEC'], '30000000');
  assert.equal('WATCHDOG_PID' in rig.channel.environment, false);
  hand.advance(100_000);
  assert.equal(hand.armed, 0);
  rig.channel.started();
  hand.advance(29_999);
  // Readiness comes and goes; the period does not begin anew.
  rig.channel.started();
  assert.deepEqual(rig.failures, []);
  hand.advance(1);
  assert.deepEqual(rig.failures, ['no WATCHDOG=1 within 30s']);
  hand.advance(100_000);
  rig.channel.started();
  assert.equal(hand.armed, 0);
  assert.equal(rig.failures.length, 1);
});

test('watchdog: each sign of life begins a period, without an event and without another timer', async () => {
  using dog = watched(1500);
  const { rig, hand } = dog;
  rig.channel.started();
  for (let n = 0; n < 10; n++) {
    hand.advance(1000);
    rig.sender.send('WATCHDOG=1');
    rig.sender.send(`STATUS=${n}`);
    await rig.status(String(n));
    assert.equal(hand.armed, 1);
  }
  assert.ok(rig.notices.every((notice) => notice.kind === 'status'));
  hand.advance(1499);
  assert.deepEqual(rig.failures, []);
  hand.advance(1);
  assert.deepEqual(rig.failures, ['no WATCHDOG=1 within 1500ms']);
});

test('watchdog: a sign that has come while we were late ourselves counts', () => {
  using dog = watched();
  dog.rig.channel.started();
  dog.rig.sender.send('WATCHDOG=1');
  dog.hand.advance(40_000);
  assert.deepEqual(dog.rig.failures, []);
  dog.hand.advance(30_000);
  assert.equal(dog.rig.failures.length, 1);
});

test('watchdog: EXTEND_TIMEOUT_USEC puts it off, and never brings it forward', async () => {
  using dog = watched();
  const { rig, hand } = dog;
  rig.channel.started();
  rig.sender.send('EXTEND_TIMEOUT_USEC=60000000\nSTATUS=longer');
  await rig.status('longer');
  rig.sender.send('EXTEND_TIMEOUT_USEC=1000000\nSTATUS=shorter');
  await rig.status('shorter');
  hand.advance(59_999);
  assert.deepEqual(rig.failures, []);
  hand.advance(1);
  assert.equal(rig.failures.length, 1);
});

test('watchdog: another period from the service itself; 0 ends it, and one again begins it', async () => {
  using dog = watched();
  const { rig, hand } = dog;
  rig.channel.started();
  rig.sender.send('WATCHDOG_USEC=0\nSTATUS=none');
  await rig.status('none');
  hand.advance(1_000_000);
  assert.deepEqual(rig.failures, []);
  assert.equal(hand.armed, 0);
  rig.sender.send('WATCHDOG_USEC=2000000\nSTATUS=two');
  await rig.status('two');
  hand.advance(2000);
  assert.deepEqual(rig.failures, ['no WATCHDOG=1 within 2s']);
});

test('watchdog: it ends with its channel', () => {
  using dog = watched();
  dog.rig.channel.started();
  dog.rig.channel[Symbol.dispose]();
  dog.hand.advance(100_000);
  assert.equal(dog.hand.armed, 0);
  assert.deepEqual(dog.rig.failures, []);
});

test('WATCHDOG=trigger fails at once, without a watchdog too; without one its other orders mean nothing', async () => {
  using rig = new Rig();
  assert.equal('WATCHDOG_USEC' in rig.channel.environment, false);
  rig.channel.started();
  rig.sender.send('WATCHDOG=1\nWATCHDOG_USEC=1\nSTATUS=alive');
  await rig.status('alive');
  rig.sender.send('WATCHDOG=trigger');
  await until('the failure', () => rig.failures.length > 0);
  assert.match(rig.failures.join(), /^WATCHDOG=trigger/);
});

test('a watchdog on the real clock', async () => {
  using rig = new Rig({ watchdogMs: 20 });
  rig.channel.started();
  await until('the miss', () => rig.failures.length > 0);
  assert.deepEqual(rig.failures, ['no WATCHDOG=1 within 20ms']);
});

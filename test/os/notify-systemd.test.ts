// The real systemd-notify, called by real services of a real run: what arrives, from whom it is taken, and that it waits for nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Pid } from '../../supervisor/core/names.ts';
import { within } from '../support/deadline.ts';
import { NotifyingRun } from '../support/notifying-run.ts';
import { Supervised } from '../support/supervised.ts';

/** In seconds: systemd-notify waits as long for its barrier. */
const BARRIER_TIMEOUT_MS = 5000;

test('ready, status and other assignments arrive, and each call ends with 0', async () => {
  using supervised = new Supervised();
  await using teller = new NotifyingRun(
    supervised,
    'set -e; systemd-notify --ready --status="All is well"; systemd-notify RELOADING=1; systemd-notify STOPPING=1; echo told',
  );
  await teller.stdout.line(/told/);
  assert.deepEqual(teller.notices, [
    { kind: 'ready' },
    { kind: 'status', text: 'All is well' },
    { kind: 'reloading' },
    { kind: 'stopping' },
  ]);
  assert.deepEqual(teller.warnings, []);
});

test('its barrier is answered, not waited for', async () => {
  using supervised = new Supervised();
  const begunMs = performance.now();
  await using teller = new NotifyingRun(supervised, 'systemd-notify --ready; echo $?');
  // It would end with another code after its own limit.
  assert.equal(await teller.stdout.line(/./), '0');
  assert.ok(performance.now() - begunMs < BARRIER_TIMEOUT_MS);
});

const NOBODY = 65534;

test('its sender may be an orphan, of another user, in a session of its own, or gone before we look', async () => {
  using supervised = new Supervised();
  await using teller = new NotifyingRun(
    supervised,
    `(systemd-notify STATUS=orphan &)
     setpriv --reuid=${NOBODY} --clear-groups systemd-notify STATUS=other
     setsid systemd-notify STATUS=session; setsid setpriv --reuid=${NOBODY} --clear-groups systemd-notify STATUS=both
     systemd-notify --no-block STATUS=gone; exec sleep 1000`,
  );
  await teller.statuses('orphan', 'other', 'session', 'both', 'gone');
  assert.deepEqual(teller.warnings, []);
});

test('MAINPID: a child of the run leads it; a process of another is refused', async () => {
  using supervised = new Supervised();
  await using other = new NotifyingRun(supervised, 'echo here; exec sleep 1000');
  await other.stdout.line(/here/);
  await using teller = new NotifyingRun(
    supervised,
    `sleep 1000 & systemd-notify MAINPID=${other.pid}; systemd-notify MAINPID=$!; echo $!; wait`,
  );
  const child = Number(await teller.stdout.line(/^\d+$/));
  assert.deepEqual(await teller.notice('main-pid'), { kind: 'main-pid', pid: child });
  await teller.warning(new RegExp(`MAINPID=${other.pid} was refused`));
});

test('whoever is of another run is refused, and so is a process of nobody’s', async () => {
  using supervised = new Supervised();
  await using teller = new NotifyingRun(supervised, 'echo here; exec sleep 1000');
  const address = teller.channel.environment['NOTIFY_SOCKET'] ?? '';
  await using other = new NotifyingRun(
    supervised,
    `export NOTIFY_SOCKET=${address}; echo here; systemd-notify --ready; echo "told $?"; exec sleep 1000`,
  );
  // The barrier of a message that is refused is answered too.
  assert.equal(await other.stdout.line(/told/), 'told 0');
  assert.match(await teller.warning(/./), /which is not one of its own, was refused/);
  const env = { PATH: process.env['PATH'], NOTIFY_SOCKET: address };
  const nobodys = spawn('setpriv', [`--reuid=${NOBODY}`, '--clear-groups', 'systemd-notify', '--ready'], {
    env,
  });
  // libuv waits for it.
  supervised.table.addTool(nobodys.pid as Pid);
  assert.deepEqual(await within('systemd-notify', once(nobodys, 'exit')), [0, null]);
  teller.channel[Symbol.dispose]();
  await teller.warning(/\b4 notifications were refused/);
  assert.deepEqual([...teller.notices, ...other.notices], []);
});

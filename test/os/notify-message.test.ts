// One datagram of sd_notify, taken apart: every name, what is malformed, and that no bytes at all can do harm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Notice } from '../../supervisor/core/notice.ts';
import { parseNotifyMessage, type NotifyMessage } from '../../supervisor/os/notify-message.ts';

function parse(text: string): NotifyMessage {
  const message = parseNotifyMessage(Buffer.from(text));
  assert.ok(message !== undefined);
  return message;
}

const status = (text: string) => ({ kind: 'status', text });

const NOTICES: readonly (readonly [string, string, readonly object[]])[] = [
  ['READY', 'READY=1', [{ kind: 'ready' }]],
  ['a newline at the end', 'READY=1\n', [{ kind: 'ready' }]],
  ['a NUL at the end', 'READY=1\0', [{ kind: 'ready' }]],
  ['lines that end with a carriage return', 'READY=1\r\nSTATUS=up\r\n', [{ kind: 'ready' }, status('up')]],
  ['READY with another value', 'READY=0', []],
  ['RELOADING with its time', 'RELOADING=1\nMONOTONIC_USEC=5', [{ kind: 'reloading' }]],
  ['a reload that is over already', 'RELOADING=1\nREADY=1', [{ kind: 'reloading' }, { kind: 'ready' }]],
  ['STOPPING', 'STOPPING=1', [{ kind: 'stopping' }]],
  ['STOPPING, which wins', 'READY=1\nSTOPPING=1\nRELOADING=1', [{ kind: 'stopping' }]],
  ['STATUS with an equals sign', 'STATUS=a=b', [status('a=b')]],
  ['an empty STATUS', 'STATUS=', [status('')]],
  ['the first of two', 'STATUS=one\nSTATUS=two', [status('one')]],
  ['STATUS without what acts on a terminal', 'STATUS=\x1b[31mred\x07\u0085\u2028.', [status('[31mred   .')]],
  ['MAINPID', 'MAINPID=4711', [{ kind: 'main-pid', pid: 4711 }]],
  ['MAINPID before READY', 'READY=1\nMAINPID=4711', [{ kind: 'main-pid', pid: 4711 }, { kind: 'ready' }]],
  ['MAINPID of init', 'MAINPID=1', []],
  ['MAINPID beyond any pid', 'MAINPID=99999999', []],
  ['MAINPID that is no number', 'MAINPID=-5\nREADY=1', [{ kind: 'ready' }]],
  ['EXTEND_TIMEOUT_USEC', 'EXTEND_TIMEOUT_USEC=1500001', [{ kind: 'extend-timeout', byMs: 1501 }]],
  ['EXTEND_TIMEOUT_USEC of nothing', 'EXTEND_TIMEOUT_USEC=0', []],
  ['EXTEND_TIMEOUT_USEC for ever', 'EXTEND_TIMEOUT_USEC=18446744073709551615', []],
  ['EXTEND_TIMEOUT_USEC that is no number', 'EXTEND_TIMEOUT_USEC=1e3', []],
  ['ERRNO', 'ERRNO=2', [status('failed: ENOENT')]],
  ['ERRNO beside a STATUS', 'STATUS=no configuration\nERRNO=13', [status('no configuration (EACCES)')]],
  ['ERRNO by its name', 'ERRNO=ENOSPC', [status('failed: ENOSPC')]],
  ['ERRNO that libuv does not know', 'ERRNO=133', [status('failed: errno 133')]],
  ['ERRNO 0', 'ERRNO=0', []],
  ['ERRNO that is none', 'ERRNO=\x1b[2J', []],
  ['names that are not known', 'X_FOO=1\nFDNAME=a\nNOTIFYACCESS=all\nBUSERROR=x', []],
  ['lines that assign nothing', 'READY\n=1\n\n', []],
  ['nothing', '', []],
];
for (const [what, text, notices] of NOTICES)
  test(what, () => {
    assert.deepEqual(parse(text).notices, notices);
  });

test('WATCHDOG: alive, failed, and another period', () => {
  assert.deepEqual(parse('WATCHDOG=1').watchdog, [{ kind: 'alive' }]);
  assert.deepEqual(parse('WATCHDOG=trigger').watchdog, [{ kind: 'trigger' }]);
  assert.deepEqual(parse('WATCHDOG_USEC=2500000').watchdog, [{ kind: 'period', periodMs: 2500 }]);
  assert.deepEqual(parse('WATCHDOG=2\nWATCHDOG_USEC=soon').watchdog, []);
});

test('FDSTORE and FDSTOREREMOVE ask for something that there is not; BARRIER does not', () => {
  assert.equal(parse('FDSTORE=1\nFDNAME=socket').descriptors, 'to-be-stored');
  assert.equal(parse('FDSTOREREMOVE=1\nFDNAME=socket').descriptors, 'to-be-stored');
  assert.equal(parse('BARRIER=1').descriptors, 'unsaid');
});

test('a NUL in the middle makes it unusable', () => {
  assert.equal(parseNotifyMessage(Buffer.from('READY=1\0STATUS=x')), undefined);
});

test('bytes that are not UTF-8 are replaced, and the rest of the message stays', () => {
  const bytes = Buffer.concat([
    Buffer.from('STATUS=a'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('z\nREADY=1'),
  ]);
  assert.deepEqual(parseNotifyMessage(bytes)?.notices, [{ kind: 'ready' }, status('a\ufffd\ufffdz')]);
});

test('a status is cut at 512 characters, never in the middle of one', () => {
  const [notice] = parse(`STATUS=${'🐘'.repeat(1000)}`).notices;
  assert.ok(notice?.kind === 'status');
  assert.equal(notice.text, `${'🐘'.repeat(511)}…`);
});

test('whatever comes: no exception, a bounded status without control characters, pids and times in range', () => {
  const names = ['READY', 'STATUS', 'MAINPID', 'ERRNO', 'EXTEND_TIMEOUT_USEC', 'WATCHDOG_USEC', 'WATCHDOG'];
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.nat().map(String), fc.bigInt().map(String));
  const line = fc
    .tuple(fc.constantFrom(...names), value)
    .map(([name, text]) => Buffer.from(`${name}=${text}\n`));
  const piece = fc.oneof(
    line,
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const message = parseNotifyMessage(Buffer.concat(pieces).subarray(0, 4096));
      for (const notice of message?.notices ?? []) checkNotice(notice);
      for (const order of message?.watchdog ?? [])
        assert.ok(order.kind !== 'period' || (order.periodMs >= 0 && Number.isFinite(order.periodMs)));
    }),
  );
});

function checkNotice(notice: Notice): void {
  if (notice.kind === 'status') {
    assert.ok(Array.from(notice.text).length <= 512);
    assert.doesNotMatch(notice.text, /\p{Cc}/v);
  }
  if (notice.kind === 'main-pid') assert.ok(notice.pid > 1 && notice.pid <= 2 ** 22);
  if (notice.kind === 'extend-timeout') assert.ok(notice.byMs > 0 && Number.isFinite(notice.byMs));
}

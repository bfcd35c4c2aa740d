import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogBlock, LogReply } from '../../supervisor/core/log-message.ts';
import { Followers } from '../../supervisor/logs/followers.ts';
import { LineRing } from '../../supervisor/logs/line-ring.ts';

function block(text: string): LogBlock {
  return { service: 'web', pid: 1, stream: 'stdout', timeMs: 0, bytes: Buffer.from(text), ends: 'line' };
}

test('whoever waits for more is told once, and at once when it is there already: no line comes unnoticed in between', () => {
  const replies: LogReply[] = [];
  const followers = new Followers((reply) => replies.push(reply));
  const ring = new LineRing(1000);
  const write = (text: string): void => {
    ring.add(block(text));
    followers.tell(block(text), ring.moment);
  };
  write('one\n');
  const first = ring.moment;
  assert.equal(first.byte, 4);
  followers.watch('web', undefined, first);
  assert.deepEqual(replies.splice(0), [{ type: 'grown', service: 'web', at: first }]);
  // Written after the reader was told, and before it asks again.
  write('two\n');
  followers.watch('web', first, ring.moment);
  const second = ring.moment;
  assert.deepEqual(replies.splice(0), [{ type: 'grown', service: 'web', at: second }]);
  followers.watch('web', second, ring.moment);
  assert.deepEqual(replies, []);
  write('three\n');
  write('four\n');
  assert.deepEqual(replies.splice(0), [{ type: 'grown', service: 'web', at: { ...second, byte: 14 } }]);
  // The memory of another thread has as many bytes by chance.
  followers.watch('web', { bornMs: second.bornMs - 1, byte: ring.moment.byte }, ring.moment);
  assert.equal(replies.length, 1);
});

test('what is held says where it begins, also where its beginning was left out', () => {
  const ring = new LineRing(1000);
  ring.add(block('one\n'));
  ring.add(block('two\nthree\nfour\n'));
  const at = ring.newest(2).map((held) => [held.bytes.toString(), held.at.byte]);
  assert.deepEqual(at, [['three\nfour\n', 8]]);
  ring.add(block(`${'x'.repeat(1500)}\nlast\n`));
  assert.equal(ring.moment.byte, 4 + 15 + 1506);
  assert.deepEqual(
    ring.newest(1).map((held) => [held.bytes.toString(), held.at.byte]),
    [['last\n', 4 + 15 + 1501]],
  );
});

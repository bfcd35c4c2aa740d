// The audit trail under a flood: what is told one by one, what is summed up, and that neither grows without bound.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent } from '../../supervisor/core/event.ts';
import { Refusals, type RefusedAttempt } from '../../supervisor/plane/access/refusals.ts';
import { until } from '../support/deadline.ts';

type Told = Extract<AuditEvent, { type: 'access-refused' }>;

class Trail {
  nowMs = 0;
  readonly told: Told[] = [];
  readonly actors: string[] = [];
  readonly refusals = new Refusals(
    (event, actor) => {
      this.told.push(event as Told);
      this.actors.push(actor);
    },
    () => this.nowMs,
  );

  tell(attempt: Partial<RefusedAttempt> = {}): void {
    this.refusals.tell({ transport: 'tls', peer: '10.0.0.7', action: 'connect', reason: 'no', ...attempt });
  }

  total(): number {
    return this.told.reduce((sum, { count }) => sum + count, 0);
  }
}

test('twenty in a second are told one by one, the rest once a second with how many', async () => {
  const trail = new Trail();
  for (let count = 0; count < 1000; count += 1) trail.tell({ actor: 'uid:7' });
  assert.equal(trail.told.length, 20);
  assert.ok(trail.told.every(({ count }) => count === 1));
  await until('the sum', () => trail.told.length > 20);
  assert.deepEqual(trail.told[20], {
    type: 'access-refused',
    transport: 'tls',
    peer: '10.0.0.7',
    action: 'connect',
    reason: 'no',
    count: 980,
  });
  assert.equal(trail.actors.at(-1), 'uid:7');
});

test('who comes at less than that rate is told each time', () => {
  const trail = new Trail();
  for (let count = 0; count < 200; count += 1) {
    trail.nowMs += 100;
    trail.tell();
  }
  assert.equal(trail.told.length, 200);
});

test('sums are by transport, peer and reason; the table has an end, and nothing is lost from the count', () => {
  const trail = new Trail();
  for (let peer = 0; peer < 5000; peer += 1) trail.tell({ peer: `10.0.${peer >> 8}.${peer & 255}` });
  trail.tell({ transport: 'socket', peer: 'uid:5' });
  trail.refusals.flush();
  assert.ok(trail.told.length <= 20 + 50 + 4, `${trail.told.length} events`);
  assert.equal(trail.total(), 5001);
  assert.ok(trail.told.some(({ transport, peer }) => transport === 'socket' && peer === 'many others'));
  trail.refusals.flush();
  assert.equal(trail.total(), 5001, 'each is told once');
});

test('what a stranger sends neither breaks a line nor fills it', () => {
  const trail = new Trail();
  trail.tell({ action: `GET /${'x'.repeat(9000)}`, peer: 'cert:a\nb\u001b[31m' });
  const [told] = trail.told;
  assert.ok(told !== undefined);
  assert.equal(told.peer, 'cert:a?b?[31m');
  assert.ok(told.action.length < 250);
});

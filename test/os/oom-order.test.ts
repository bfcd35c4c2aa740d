// What is started is taken by the OOM killer before Bosun: with the real file of the kernel.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { libc } from '../../supervisor/os/libc.ts';
import { memoryThereIs, takenBeforeBosun } from '../../supervisor/os/oom-order.ts';
import type { SpawnRequest, SystemCalls } from '../../supervisor/os/system-calls.ts';

const GIB = 1024 ** 3;
const REQUEST: SpawnRequest = {
  path: '/bin/true',
  argv: ['true'],
  environment: {},
  workingDir: '/',
  leadership: 'session',
  descriptors: [],
  stdin: 'null',
};

function score(): number {
  return Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
}

/** The score that a child would inherit. */
function inheritedOf(memoryBytes: number, outcome: 'spawned' | 'refused' | 'thrown' = 'spawned'): number {
  let inherited = NaN;
  const calls: SystemCalls = {
    ...libc,
    spawn: (request) => {
      inherited = score();
      if (outcome === 'thrown') throw new Error('out of order');
      return outcome === 'spawned' ? libc.spawn(request) : { ok: false, errno: 'EAGAIN' };
    },
  };
  const started = (): unknown => takenBeforeBosun(calls, memoryBytes).spawn(REQUEST);
  if (outcome === 'thrown') assert.throws(started, /out of order/);
  else started();
  return inherited;
}

test('a child inherits a score that outweighs Bosun, and Bosun keeps its own', () => {
  const own = score();
  assert.equal(inheritedOf(GIB), Math.min(1000, own + 125));
  assert.equal(score(), own);
  assert.equal(inheritedOf(8 * GIB), Math.min(1000, own + 16));
  assert.equal(inheritedOf(GIB / 16), 1000, 'there is no higher one');
  assert.equal(score(), own);
});

test('Bosun keeps its own score also when nothing could be started', () => {
  const own = score();
  assert.ok(inheritedOf(GIB, 'refused') > own || own === 1000);
  assert.equal(score(), own);
  assert.ok(inheritedOf(GIB, 'thrown') > own || own === 1000);
  assert.equal(score(), own);
});

test('there is some memory, and not more than the machine has', () => {
  const kib = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
  const bytes = memoryThereIs();
  assert.ok(bytes > 0 && bytes <= kib * 1024, String(bytes));
});

// Counters of a tree whose processes come and go: they never go back, and nothing counts twice.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  UsedResources,
  type Used,
  type UsingProcess,
} from '../../../supervisor/plane/metrics/used-resources.ts';

const BOSUN = 1;

function used(userSeconds: number, more: Partial<Used> = {}): Used {
  return { userSeconds, systemSeconds: 0, readBytes: 0, writtenBytes: 0, ...more };
}

/** `user`: with that of the children which it has waited for. */
function member(pid: number, user: number, parent = BOSUN, startTime = 7): UsingProcess {
  return { pid, startTime, parent, used: used(user) };
}

function user(counters: UsedResources, members: readonly UsingProcess[], waited = 0): number {
  return Number(counters.update(members, used(waited)).userSeconds.toFixed(6));
}

test('a child that its parent has waited for is in the parent, and counts once', () => {
  const counters = new UsedResources();
  assert.equal(user(counters, [member(10, 1), member(11, 5, 10)]), 6);
  assert.equal(user(counters, [member(10, 6.5)]), 6.5);
});

test('a leader that the engine has waited for is in what the engine counts, with all that it had waited for', () => {
  const counters = new UsedResources();
  assert.equal(user(counters, [member(10, 4)]), 4);
  assert.equal(user(counters, [], 4.25), 4.25);
  assert.equal(user(counters, [member(20, 1)], 4.25), 5.25);
});

test('an orphan that Bosun has waited for without knowing whose it was keeps what was seen of it last', () => {
  const counters = new UsedResources();
  assert.equal(user(counters, [member(10, 1), member(30, 3)]), 4);
  assert.equal(user(counters, [member(10, 1)]), 4);
  assert.equal(user(counters, [member(10, 2)]), 5);
});

test('a child whose parent has ended with it is kept too', () => {
  const counters = new UsedResources();
  assert.equal(user(counters, [member(10, 1), member(30, 3), member(31, 2, 30)]), 6);
  assert.equal(user(counters, [member(10, 1)]), 6);
});

test('a child of a parent that waits for nobody is not lost', () => {
  const counters = new UsedResources();
  assert.equal(user(counters, [member(10, 1), member(11, 5, 10)]), 6);
  // SIGCHLD is ignored: the parent has nothing of it.
  assert.equal(user(counters, [member(10, 1)]), 6);
  assert.equal(user(counters, [member(10, 1.5)]), 6.5);
});

test('another process with the same pid is another one', () => {
  const counters = new UsedResources();
  assert.equal(user(counters, [member(30, 3)]), 3);
  assert.equal(user(counters, [member(30, 1, BOSUN, 8)]), 4);
});

test('a leader that ends between two looks is counted by what the engine knows, not by what was seen', () => {
  const counters = new UsedResources();
  assert.equal(user(counters, [member(10, 2)], 0), 2);
  // It has gone on to 9 s, and another run has begun.
  assert.equal(user(counters, [member(20, 0.5)], 9), 9.5);
});

test('whatever comes and goes, no counter goes back', () => {
  const counters = new UsedResources();
  let before = 0;
  let seed = 4711;
  const random = (most: number): number => {
    seed = (seed * 48_271) % 0x7fffffff;
    return seed % most;
  };
  for (let look = 0; look < 500; look++) {
    const members = Array.from({ length: random(6) }, (_, index) =>
      member(10 + random(8), random(100) / 10, index === 0 ? BOSUN : 10 + random(8), random(3)),
    );
    const now = user(counters, members, look / 100);
    assert.ok(now >= before, `look ${look}: ${now} after ${before}`);
    before = now;
  }
});

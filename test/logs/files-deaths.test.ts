// The logs' thread may end at any system call, before it or after it, also in the middle of a rotation or of the clean-up after a fault. The next
// one goes on at the same byte: every line is in the files once and in order, or counted. After a write nothing comes before its progress is
// noted, so there is no end between these two.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { LogFileSpec } from '../../supervisor/core/log-spec.ts';
import { assertAccounted, failing, numberedLines, StoreRig, type Fates } from './support/store-rig.ts';

type Scenario = {
  readonly name: string;
  readonly spec: Partial<LogFileSpec>;
  /** What is there before. */
  readonly found?: string;
  /** Writes take so many bytes at a time. */
  readonly shortBytes?: number;
  /** What befalls a call beside the death. */
  readonly faults?: Fates;
  readonly agesMs?: number;
  /** An end in the middle of a line, and an open that fails right after it, leave its beginning: it is counted as dropped. */
  readonly mostFragments?: number;
};

const SCENARIOS: readonly Scenario[] = [
  { name: 'one file', spec: {} },
  { name: 'rotation by size', spec: { maxBytes: 90 } },
  { name: 'short writes', spec: { maxBytes: 90 }, shortBytes: 11 },
  { name: 'a torn line of a former Bosun', spec: { maxBytes: 300 }, found: 'torn', shortBytes: 50 },
  { name: 'rotation by age', spec: { maxAgeMs: 1000 }, agesMs: 400 },
  { name: 'owner and mode', spec: { maxBytes: 120, mode: 0o600, gid: 0 } },
  {
    name: 'a full disk for a while',
    spec: { maxBytes: 90 },
    shortBytes: 13,
    agesMs: 900,
    faults: (call, index) =>
      call === 'write' && index % 40 > 30 ? { kind: 'errno', errno: 'ENOSPC' } : undefined,
  },
  {
    name: 'a disk that fails for a while',
    mostFragments: 1,
    spec: { maxBytes: 90 },
    shortBytes: 9,
    agesMs: 900,
    faults: (call, index) =>
      (call === 'write' || call === 'open' || call === 'rename') && index % 41 > 33
        ? { kind: 'errno', errno: 'EIO' }
        : undefined,
  },
];

const LINES = numberedLines(1, 40);
/** Blocks of several lines, and of one. */
const BLOCKS = [0, 3, 4, 12, 13, 16, 19, 20, 23, 27, 30, 33, 34, 38, 40].flatMap((end, index, ends) =>
  index === 0 ? [] : [LINES.slice(ends[index - 1], end).join('')],
);

function run(
  scenario: Scenario,
  death: { readonly at: number; readonly work: 'done' | 'not-done' },
): StoreRig {
  const rig = new StoreRig(scenario.spec);
  if (scenario.found !== undefined) {
    mkdirSync(rig.spec.directory, { recursive: true });
    writeFileSync(rig.path(), scenario.found);
  }
  rig.fates = (call, index, args) => {
    if (index === death.at && !(call === 'write' && death.work === 'done'))
      return { kind: 'death', work: death.work };
    const fault = scenario.faults?.(call, index, args);
    if (fault !== undefined || call !== 'write' || scenario.shortBytes === undefined) return fault;
    return { kind: 'short', bytes: scenario.shortBytes };
  };
  for (const block of BLOCKS) {
    rig.nowMs += scenario.agesMs ?? 1;
    rig.tick();
    rig.write(block);
  }
  return rig;
}

describe('a thread that ends at any system call is followed by one that goes on at the same byte', () => {
  for (const scenario of SCENARIOS) {
    test(scenario.name, () => {
      const written = scenario.found === undefined ? LINES : [`${scenario.found}\n`, ...LINES];
      using undisturbed = run(scenario, { at: -1, work: 'done' });
      assertAccounted(undisturbed, written, 'undisturbed');
      assert.equal(undisturbed.deaths, 0);
      let deaths = 0;
      for (let at = 0; at < undisturbed.calls.length; at += 1) {
        for (const work of ['done', 'not-done'] as const) {
          using rig = run(scenario, { at, work });
          deaths += rig.deaths;
          assertAccounted(rig, written, `${rig.calls[at] ?? ''} ${at} ${work}`, scenario.mostFragments);
          if (scenario.faults === undefined) assert.equal(rig.droppedLines, 0);
        }
      }
      assert.ok(deaths > undisturbed.calls.length, `${deaths} deaths`);
    });
  }

  test('the faults of these scenarios drop lines, cut torn ones back and rotate', () => {
    const [full, failing] = SCENARIOS.filter(({ faults }) => faults !== undefined);
    assert.ok(full !== undefined && failing !== undefined);
    for (const scenario of [full, failing]) {
      using rig = run(scenario, { at: -1, work: 'done' });
      assert.ok(rig.droppedLines > 0 && rig.droppedLines < LINES.length, `${rig.droppedLines} lines`);
      for (const call of ['ftruncate', 'rename'] as const)
        assert.ok(rig.calls.includes(call), `${call}: ${scenario.name}`);
    }
  });

  test('deaths one after the other, at every call of the next thread too', () => {
    using rig = new StoreRig({ maxBytes: 90 });
    let next = 0;
    let step = 1;
    rig.fates = (call, index) => {
      if (index < next) return undefined;
      // Ever farther, so that each block comes to its end.
      next = index + step;
      step += 1;
      return { kind: 'death', work: call === 'write' ? 'not-done' : 'done' };
    };
    for (const block of BLOCKS) rig.write(block);
    assertAccounted(rig, LINES);
    assert.equal(rig.droppedLines, 0);
    assert.ok(rig.deaths > 10, `${rig.deaths} deaths`);
  });
});

test('retention too survives an end at any call: the newest lines are there, without a gap', () => {
  const spec = { maxBytes: 90, keep: 2, totalBytes: 400, compress: 'gzip' } as const;
  const runTo = (at: number): StoreRig => {
    const rig = new StoreRig(spec);
    rig.fates = (call, index) =>
      index === at ? { kind: 'death', work: call === 'write' ? 'not-done' : 'done' } : undefined;
    for (const block of BLOCKS) rig.write(block);
    return rig;
  };
  using undisturbed = runTo(-1);
  for (let at = 0; at < undisturbed.calls.length; at += 1) {
    using rig = runTo(at);
    const found = rig.texts.join('');
    assert.ok(found.length > 90 && LINES.join('').endsWith(found), `${rig.calls[at] ?? ''} ${at}`);
    assert.equal(rig.rotatedNames.length, 2, `${rig.calls[at] ?? ''} ${at}`);
    // Whoever compresses has heard of every file that is there.
    for (const name of rig.rotatedNames) assert.ok(rig.rotations.includes(rig.path(name)), `${name} ${at}`);
  }
});

test('what is wrong with a file is told once, and its end too with all that was lost, though each time another thread sees it', () => {
  using rig = new StoreRig();
  rig.fates = failing('ENOSPC', 'write');
  for (const lines of ['1\n', '2\n3\n', '4\n']) {
    rig.write(lines);
    rig.restart();
  }
  assert.deepEqual(
    rig.failures.map(({ errno }) => errno),
    ['ENOSPC'],
  );
  rig.fates = () => undefined;
  rig.write('5\n');
  assert.deepEqual(rig.recoveries, [4]);
  rig.restart();
  rig.write('6\n');
  assert.deepEqual(rig.recoveries, [4]);
});

// Spans from random histories of the real core: what is open is what the state says, nothing ends that has not begun, and nothing is forgotten.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evolve } from '../../../supervisor/core/evolve.ts';
import type { RecordedEvent } from '../../../supervisor/core/event.ts';
import { createFleet, type Fleet } from '../../../supervisor/core/fleet.ts';
import type { StateName } from '../../../supervisor/core/service-state.ts';
import type { SpanEdge } from '../../../supervisor/plane/tracing/span-edge.ts';
import { SpanPlan } from '../../../supervisor/plane/tracing/span-plan.ts';
import { RandomHistory } from '../journal/support/random-history.ts';
import { comesUp, failsWith, name, Recorder, run } from '../support/fleet-fixture.ts';

const EVENTS = 30_000;
/** One of so many events belongs to a command. */
const ORDERED = 7;

/** Of a service in this state. */
const SPAN_OF: Readonly<Partial<Record<StateName, string>>> = {
  waiting: 'wait',
  starting: 'start',
  stopping: 'stop',
  backoff: 'back-off',
};

class Checked {
  readonly open = new Map<string, { readonly parent: string | undefined; readonly timeMs: number }>();
  readonly counts = { begun: 0, ended: 0, failed: 0 };

  take(edge: SpanEdge): void {
    if (edge.kind === 'begin') {
      assert.ok(!this.open.has(edge.key), `${edge.key} begins twice`);
      assert.ok(edge.parent === undefined || this.open.has(edge.parent), `${edge.key} below ${edge.parent}`);
      this.open.set(edge.key, edge);
      this.counts.begun += 1;
      return;
    }
    const begun = this.open.get(edge.key);
    assert.ok(begun !== undefined, `${edge.key} ends and has not begun`);
    assert.ok(edge.timeMs >= begun.timeMs, `${edge.key} ends before it begins`);
    this.open.delete(edge.key);
    this.counts.ended += 1;
    if (edge.error !== '') this.counts.failed += 1;
  }
}

test('after every input of a random history exactly that is open which the state says', (t) => {
  const seed = Number(process.env['BOSUN_TRACE_SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  let plan = new SpanPlan();
  let seen = new Checked();
  let fleet: Fleet = createFleet([]);
  const totals = { begun: 0, ended: 0, failed: 0, commands: 0, most: 0 };
  const history = new RandomHistory(seed, (events) => {
    for (const recorded of events) {
      if (recorded.event.type === 'booted') {
        [plan, seen] = [new SpanPlan(), new Checked()];
      }
      fleet = evolve(fleet, recorded.event);
      for (const edge of plan.take(ordered(recorded))) {
        seen.take(edge);
        if (edge.kind === 'begin' && edge.key.startsWith('command ')) totals.commands += 1;
        if (edge.kind === 'end') totals.failed += Number(edge.error !== '');
      }
      const services = fleet.services.length;
      assert.ok(seen.open.size <= 3 * services + 12, [...seen.open.keys()].join());
    }
    for (const { name: service, state } of fleet.services)
      for (const span of Object.values(SPAN_OF))
        assert.equal(
          seen.open.has(`${span} ${service}`),
          SPAN_OF[state.kind] === span,
          `${span} ${service} while it is ${state.kind}, after ${events.map(({ event }) => event.type).join()}`,
        );
    totals.most = Math.max(totals.most, seen.open.size);
  });
  history.goOn(EVENTS);
  assert.ok(totals.commands > 100 && totals.failed > 100, JSON.stringify(totals));
});

function ordered(recorded: RecordedEvent): RecordedEvent {
  return recorded.id % ORDERED === 0 ? { ...recorded, command: `c${recorded.id}`, actor: 'uid:0' } : recorded;
}

function spansOf(
  ...batches: readonly (readonly [command: string, events: readonly RecordedEvent['event'][]])[]
): readonly string[] {
  const recorder = new Recorder();
  const plan = new SpanPlan();
  return batches
    .flatMap(([command, events]) => events.map((event) => recorder.record(event, command, 'uid:7')))
    .flatMap((recorded) => plan.take(recorded))
    .map((edge) =>
      edge.kind === 'begin'
        ? `+ ${edge.key}${edge.parent === undefined ? '' : ` in ${edge.parent}`}`
        : `- ${edge.key}${edge.error === '' ? '' : `: ${edge.error}`}`,
    );
}

const BOOTED = { type: 'booted', services: [name('a'), name('b')], nextJob: 1 as never } as const;

test('a boot ends when everything has settled; a crash is a trace of its own', () => {
  const spans = spansOf(
    ['', [BOOTED, ...comesUp('a', 1), { type: 'waiting', service: name('b') }]],
    ['', [...comesUp('b', 2)]],
    ['', [...failsWith('a', 1, 3, 100), ...comesUp('a', 3)]],
  );
  assert.deepEqual(spans, [
    '+ boot',
    '+ start a in boot',
    '- start a',
    '+ wait b in boot',
    '- wait b',
    '+ start b in boot',
    '- start b',
    '- boot',
    '+ restart a',
    '+ back-off a in restart a',
    '- back-off a',
    '+ start a in restart a',
    '- start a',
    '- restart a',
  ]);
});

test('what is done for a command is below it, up to its end; a signal is one as well', () => {
  const stop = { type: 'stopping', service: name('a'), run: run(1), killAtMs: 0, exit: undefined } as const;
  const exit = { kind: 'code', code: 0 } as const;
  const gone = [
    { type: 'exited', service: name('a'), run: run(1), exit },
    { type: 'stopped', service: name('a'), run: run(1) },
  ] as const;
  const spans = spansOf(
    ['', [{ ...BOOTED, services: [name('a')] }, ...comesUp('a', 1)]],
    ['r', [{ ...stop, cause: 'restart' }]],
    ['', [...gone, ...comesUp('a', 2)]],
    ['s', [{ type: 'signalled', service: name('a'), run: run(2), signal: 'SIGHUP' }]],
    [
      'd',
      [
        { type: 'wanted', service: name('a'), wanted: 'down' },
        { ...stop, run: run(2), cause: 'requested' },
      ],
    ],
    ['', gone],
  );
  assert.deepEqual(spans.slice(4), [
    '+ command r',
    '+ stop a in command r',
    '- stop a',
    '+ start a in command r',
    '- start a',
    '- command r',
    '+ command s',
    '- command s',
    '+ command d',
    '+ stop a in command d',
    '- stop a',
    '- command d',
  ]);
});

test('what goes wrong is said: at boot, in the end of a start, and when all is stopped before', () => {
  const spans = spansOf(
    [
      '',
      [
        { ...BOOTED, services: [name('a')] },
        ...comesUp('a', 1).slice(0, 1),
        ...failsWith('a', 1, 3, 100).slice(1),
      ],
    ],
    [
      '',
      [
        BOOTED,
        {
          type: 'shutdown-started',
          reason: { kind: 'requested' } as never,
          exitCode: 0,
          atMs: 0,
          budgetMs: 1,
        },
      ],
    ],
  );
  assert.deepEqual(spans.slice(0, 5), [
    '+ boot',
    '+ start a in boot',
    '- start a: exited with code 3',
    '- boot: exited with code 3',
    '+ restart a',
  ]);
  assert.deepEqual(spans.slice(-3), ['+ boot', '- boot: the container is being stopped', '+ shutdown']);
});

// What is in the requests to a collector and to Loki, and what their answers mean.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogBlock } from '../../../supervisor/core/log-message.ts';
import type { LogTarget } from '../../../supervisor/core/log-spec.ts';
import { accept, answerWith, HttpCollector, type Answer } from './support/http-collector.ts';
import { ShippingRun } from './support/shipping-run.ts';
import { sinkOf, Spooling } from './support/spooling.ts';

const SEVERITIES: readonly (readonly [string, number | undefined])[] = [
  ['{"level":30,"msg":"x"}', 9],
  ['{"time":1,"level":50,"msg":"x"}', 17],
  ['{"severity":"WARNING","message":"x"}', 13],
  ['time=2026-01-01T00:00:00Z level=debug msg=x', 5],
  ['2026-01-01 00:00:00 ERROR something', 17],
  ['[warn] something', 13],
  ['FATAL: something', 21],
  ['{"level":"notice","msg":"x"}', 10],
  ['{"msg":"it is at level=error"}', undefined],
  ['2026-01-01T00:00:00Z DBG x', 5],
  ['no ERROR here', undefined],
  ['information about an error of the past', undefined],
  ['nothing of the kind', undefined],
];

test('OTLP: service, stream, pid, time, text and level of each line, as the protocol has it', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = new Spooling([sinkOf('a', otlp(collector))]);
  spooling.write({ service: 'web', timeMs: 1_700_000_000_123, bytes: Buffer.from('one\ntwo\n') });
  spooling.write({
    service: 'db',
    stream: 'stderr',
    timeMs: 1_700_000_000_123,
    bytes: Buffer.from('\xff\u0000"\n', 'latin1'),
  });
  await using run = new ShippingRun(spooling);
  await run.sent('a', 3);
  assert.deepEqual(collector.faults, []);
  assert.deepEqual(collector.taken, [
    { service: 'web', stream: 'stdout', timeNs: '1700000000123000000', text: 'one', severity: undefined },
    { service: 'web', stream: 'stdout', timeNs: '1700000000123000001', text: 'two', severity: undefined },
    {
      service: 'db',
      stream: 'stderr',
      timeNs: '1700000000123000002',
      text: '\ufffd\0"',
      severity: undefined,
    },
  ]);
});

test('OTLP: the level is the one that the line says of itself', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = new Spooling([sinkOf('a', otlp(collector))]);
  for (const [text] of SEVERITIES) spooling.write({ stream: 'stderr', bytes: Buffer.from(`${text}\n`) });
  await using run = new ShippingRun(spooling);
  await run.sent('a', SEVERITIES.length);
  assert.deepEqual(
    collector.taken.map(({ text, severity }) => [text, severity]),
    SEVERITIES,
  );
});

test('OTLP: headers go with each request', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = new Spooling([sinkOf('a', { ...otlp(collector), headers: { 'X-Key': 'k1' } })]);
  spooling.write({});
  await using run = new ShippingRun(spooling);
  await run.sent('a', 1);
  assert.equal(collector.requests[0]?.headers['x-key'], 'k1');
});

test('OTLP: lines that were refused in a partial success are counted and not sent again', async () => {
  const body = '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"too old"}}';
  await using collector = await HttpCollector.listen(answerWith(200, body));
  using spooling = new Spooling([sinkOf('a', otlp(collector))]);
  spooling.writeLines(10);
  await using run = new ShippingRun(spooling);
  const { sentLines, refusedLines } = await run.sent('a', 7);
  assert.deepEqual([sentLines, refusedLines, collector.requests.length], [7, 3, 1]);
  assert.deepEqual(run.told, ['log sink a has refused 3 lines for good: too old']);
});

test('Loki: a stream for each service and each of its streams, with the labels of the sink', async () => {
  await using collector = await HttpCollector.listen(answerWith(204));
  using spooling = new Spooling([sinkOf('a', loki(collector, { env: 'test' }))]);
  spooling.write({ bytes: Buffer.from('one\n') });
  spooling.write({ stream: 'stderr', bytes: Buffer.from('two\n') });
  spooling.write({ service: 'db', bytes: Buffer.from('three\n') });
  await using run = new ShippingRun(spooling);
  await run.sent('a', 3);
  assert.deepEqual(collector.faults, []);
  assert.deepEqual(collector.takenLabels, [
    { env: 'test', service: 'web', stream: 'stdout' },
    { env: 'test', service: 'web', stream: 'stderr' },
    { env: 'test', service: 'db', stream: 'stdout' },
  ]);
});

test('Loki: the times of equal lines of one millisecond differ, grow, and are the same when they are sent again', async () => {
  const seen: string[][] = [];
  const failing: Answer = (request) => {
    seen.push(request.lines.map(({ timeNs }) => timeNs));
    (seen.length <= 2 ? answerWith(500) : answerWith(204))(request);
  };
  await using collector = await HttpCollector.listen(failing);
  using spooling = new Spooling([sinkOf('a', loki(collector))]);
  const same: Partial<LogBlock> = { timeMs: 1_700_000_000_000, bytes: Buffer.from('same\n'.repeat(1_000)) };
  for (let n = 0; n < 20; n++) spooling.write(same);
  {
    await using run = new ShippingRun(spooling);
    await run.sent('a', 5_000);
  }
  await using run = new ShippingRun(spooling);
  await run.sent('a', 20_000);
  const times = collector.taken.map(({ timeNs }) => BigInt(timeNs));
  const distinct = [...new Set(times)];
  assert.equal(distinct.length, 20_000);
  assert.ok(distinct.every((time, index) => index === 0 || time > (distinct[index - 1] ?? 0n)));
  assert.deepEqual(seen[0], seen[1]);
  assert.deepEqual(seen[0], seen[2]);
});

const REFUSALS: readonly (readonly [string, string, number])[] = [
  [
    'out of order',
    "entry with timestamp 2026-01-01 00:00:00 +0000 UTC ignored, reason: 'entry too far behind',\nuser 'fake', total ignored: 2 out of 10 for stream: {service=\"web\"}",
    2,
  ],
  [
    'too old',
    '3 errors like: entry for stream \'{service="web"}\' has timestamp too old: 2020-01-01T00:00:00Z, oldest acceptable timestamp is: 2026-01-01T00:00:00Z; 1 errors like: entry for stream \'{service="web"}\' has timestamp too old: 2020-01-01T00:00:01Z, oldest acceptable timestamp is: 2026-01-01T00:00:00Z',
    4,
  ],
  [
    'too long',
    "max entry size '262144' bytes exceeded for stream '{service=\"web\"}' while adding an entry with length '300000' bytes",
    1,
  ],
];

for (const [what, text, refused] of REFUSALS)
  test(`Loki: lines that are ${what} are refused for good, and the others of the push are not sent again`, async () => {
    await using collector = await HttpCollector.listen(answerWith(400, text));
    using spooling = new Spooling([sinkOf('a', loki(collector))]);
    spooling.writeLines(10);
    await using run = new ShippingRun(spooling);
    const { refusedLines } = await run.sent('a', 10 - refused);
    assert.equal(refusedLines, refused);
    assert.equal(collector.requests.length, 1);
  });

test('Loki: a push that is refused for another reason is sent in parts', async () => {
  const picky: Answer = (request) => {
    (request.lines.some(({ text }) => text === 'line 3') ? answerWith(400, 'error parsing labels') : accept)(
      request,
    );
  };
  await using collector = await HttpCollector.listen(picky);
  using spooling = new Spooling([sinkOf('a', loki(collector))]);
  spooling.writeLines(10);
  await using run = new ShippingRun(spooling);
  const { refusedLines } = await run.sent('a', 9);
  assert.equal(refusedLines, 1);
});

function otlp({ port }: HttpCollector): Extract<LogTarget, { kind: 'otlp' }> {
  return { kind: 'otlp', url: `http://127.0.0.1:${port}/v1/logs`, headers: {} };
}

function loki({ port }: HttpCollector, labels: Record<string, string> = {}): LogTarget {
  return { kind: 'loki', url: `http://127.0.0.1:${port}/loki/api/v1/push`, headers: {}, labels };
}

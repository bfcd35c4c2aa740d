// Lines come to a receiver in order and at least once, whatever the receiver does, and nothing that it does costs another sink anything.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until, within } from '../../support/deadline.ts';
import { accept, answerWith, HttpCollector, type Answer } from './support/http-collector.ts';
import { ShippingRun } from './support/shipping-run.ts';
import { sinkOf, Spooling } from './support/spooling.ts';

const MIB = 1_048_576;

test('lines come in order and once to a receiver that takes them, and the queue is empty then', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(12_345);
  await using run = new ShippingRun(spooling);
  const status = await run.sent('central', 12_345);
  assert.deepEqual(collector.texts, numbered(1, 12_345));
  assert.deepEqual(collector.faults, []);
  const { queuedLines, queuedBytes, refusedLines, missedLines, state } = status;
  assert.deepEqual(
    { queuedLines, queuedBytes, refusedLines, missedLines, state },
    {
      queuedLines: 0,
      queuedBytes: 0,
      refusedLines: 0,
      missedLines: 0,
      state: { kind: 'ok' },
    },
  );
  assert.deepEqual(run.told, []);
});

test('lines that are written while it waits are noticed', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = spoolingTo(collector.port);
  await using run = new ShippingRun(spooling);
  for (let n = 1; n <= 5; n++) {
    spooling.writeLines(3);
    await run.sent('central', 3 * n);
  }
  assert.deepEqual(collector.texts, numbered(1, 15));
});

test('many lines travel together', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(10_000);
  await using run = new ShippingRun(spooling);
  await run.sent('central', 10_000);
  assert.ok(collector.requests.length <= 4, `${collector.requests.length} requests`);
});

test('lines that come one after the other travel together too', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = spoolingTo(collector.port);
  const lingerMs = 100;
  await using run = new ShippingRun(spooling, { lingerMs });
  const beganMs = performance.now();
  for (let n = 1; n <= 300; n++) {
    spooling.writeLines(1);
    await pause(1);
  }
  await run.sent('central', 300);
  const most = (performance.now() - beganMs) / lingerMs + 1;
  assert.ok(
    collector.requests.length <= most,
    `${collector.requests.length} requests where ${most} would do`,
  );
  assert.deepEqual(collector.texts, numbered(1, 300));
});

test('a receiver that is away gets all of it when it comes, and Bosun says both once', async () => {
  const port = await freePort();
  using spooling = spoolingTo(port);
  spooling.writeLines(100);
  await using run = new ShippingRun(spooling);
  const why = await until('the third attempt', async () => {
    const status = await run.statusOf('central');
    return status?.state.kind === 'retrying' ? status.state.why : undefined;
  });
  assert.match(why, /ECONNREFUSED/);
  spooling.writeLines(100);
  await using collector = await HttpCollector.listen(accept, port);
  await run.sent('central', 200);
  assert.deepEqual(collector.texts, numbered(1, 200));
  assert.deepEqual(run.told.length, 2);
  assert.match(
    run.told[0] ?? '',
    /^log sink central does not take lines: .*ECONNREFUSED.*; they wait in its queue$/,
  );
  assert.equal(run.told[1], 'log sink central takes lines again');
});

for (const status of [500, 502, 503, 429, 401, 404, 301])
  test(`after ${status} the same lines are sent again, and none is lost`, async () => {
    await using collector = await HttpCollector.listen(
      inTurn([answerWith(status, 'later'), answerWith(status, 'later')]),
    );
    using spooling = spoolingTo(collector.port);
    spooling.writeLines(10);
    await using run = new ShippingRun(spooling);
    const { refusedLines } = await run.sent('central', 10);
    assert.deepEqual(collector.texts, numbered(1, 10));
    assert.equal(collector.requests.length, 3);
    assert.equal(refusedLines, 0);
  });

test('a receiver that asks to be left alone for a second is left alone for it', async () => {
  await using collector = await HttpCollector.listen(inTurn([answerWith(429, '', { 'retry-after': '1' })]));
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(10);
  await using run = new ShippingRun(spooling);
  await run.sent('central', 10);
  const [first, second] = collector.requests;
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990);
});

test('batches that are too large are halved until they fit, in order and once', async () => {
  const small: Answer = (request) => {
    (request.lines.length > 100 ? answerWith(413) : accept)(request);
  };
  await using collector = await HttpCollector.listen(small);
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(1_000);
  await using run = new ShippingRun(spooling);
  const { refusedLines } = await run.sent('central', 1_000);
  assert.deepEqual(collector.texts, numbered(1, 1_000));
  assert.equal(refusedLines, 0);
});

test('a line that is refused for good is dropped and counted, it alone, and told', async () => {
  const picky: Answer = (request) => {
    const hasBad = request.lines.some(({ text }) => text === 'line 77');
    (hasBad ? answerWith(400, 'line 77 is\n not welcome') : accept)(request);
  };
  await using collector = await HttpCollector.listen(picky);
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(200);
  await using run = new ShippingRun(spooling);
  const { refusedLines } = await run.sent('central', 199);
  assert.equal(refusedLines, 1);
  assert.deepEqual(
    collector.texts,
    numbered(1, 200).filter((text) => text !== 'line 77'),
  );
  assert.deepEqual(run.told, [
    'log sink central has refused a line for good: it answered 400: line 77 is not welcome',
  ]);
});

test('a connection that is cut in the middle of an answer means: again', async () => {
  const cut: Answer = ({ response }) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"partial');
    setImmediate(() => response.destroy());
  };
  const reset: Answer = ({ message }) => {
    message.socket.resetAndDestroy();
  };
  const half: Answer = ({ message }) => {
    message.socket.end();
  };
  await using collector = await HttpCollector.listen(inTurn([cut, reset, half]));
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(10);
  await using run = new ShippingRun(spooling);
  await run.sent('central', 10);
  assert.deepEqual([...new Set(collector.texts)], numbered(1, 10));
  assert.equal(collector.requests.length, 4);
});

test('a receiver that never answers is given up after its time, and asked again', async () => {
  const silent: Answer = () => undefined;
  await using collector = await HttpCollector.listen(inTurn([silent]));
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(10);
  await using run = new ShippingRun(spooling, { stallMs: 200 });
  await run.sent('central', 10);
  assert.match(run.told[0] ?? '', /no answer in time/);
  assert.deepEqual(collector.texts, numbered(1, 10));
});

test('a sink that is dead or silent holds up no other', async () => {
  await using collector = await HttpCollector.listen();
  await using silent = await HttpCollector.listen(() => undefined);
  const dead = await freePort();
  using spooling = new Spooling([
    otlpTo('dead', dead),
    otlpTo('silent', silent.port),
    otlpTo('central', collector.port),
  ]);
  await using run = new ShippingRun(spooling);
  for (let n = 1; n <= 20; n++) {
    spooling.writeLines(100);
    await run.sent('central', 100 * n);
  }
  assert.deepEqual(collector.texts, numbered(1, 2_000));
  assert.equal((await run.statusOf('silent'))?.queuedLines, 2_000);
  assert.equal((await run.statusOf('dead'))?.queuedLines, 2_000);
});

test('a control plane that dies at any moment is followed by one that goes on: all lines, in order, at least once', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(60_000);
  for (let n = 1; n <= 8; n++) {
    const run = new ShippingRun(spooling);
    await until(
      'another request',
      () => collector.requests.length >= 2 * n || collector.texts.includes('line 60000'),
    );
    await run.kill();
  }
  await using last = new ShippingRun(spooling);
  await until('the last line', () => collector.texts.at(-1) === 'line 60000');
  await last.sent('central', 1);
  assertInOrderAndWhole(collector.texts, 60_000);
});

test('after an answer nothing of the batch comes again, also after a new start', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(500);
  {
    await using run = new ShippingRun(spooling);
    await run.sent('central', 500);
  }
  spooling.reopen();
  spooling.writeLines(500);
  await using run = new ShippingRun(spooling);
  const { sentLines } = await run.sent('central', 1_000);
  assert.deepEqual(collector.texts, numbered(1, 1_000));
  assert.equal(sentLines, 1_000);
});

test('a receiver that was away for too long misses the oldest lines, and the number is exact', async () => {
  const port = await freePort();
  using spooling = new Spooling([otlpTo('central', port, MIB)]);
  await using run = new ShippingRun(spooling);
  spooling.writeLines(10);
  await until('an attempt', async () => (await run.statusOf('central'))?.state.kind === 'retrying');
  const filler = `${'x'.repeat(990)}\n`.repeat(20);
  for (let n = 0; n < 100; n++) spooling.write({ bytes: Buffer.from(filler) });
  spooling.writeLines(10);
  assert.ok(spooling.bytesOf('central') <= MIB);
  await using collector = await HttpCollector.listen(accept, port);
  await until('the last line', () => collector.texts.at(-1) === 'line 20');
  const status = await until('the end of the queue', async () => {
    const seen = await run.statusOf('central');
    return seen?.queuedLines === 0 ? seen : undefined;
  });
  assert.ok(status.missedLines > 0);
  assert.equal(status.sentLines, collector.taken.length);
  assert.equal(status.sentLines + status.missedLines, 2_020);
  assert.match(
    run.told.join('\n'),
    new RegExp(`^${status.missedLines} lines were dropped from the full queue of log sink central$`, 'm'),
  );
});

test('what was sent takes no disk, but for the segment that is written to', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = new Spooling([otlpTo('central', collector.port, MIB)]);
  await using run = new ShippingRun(spooling);
  const filler = Buffer.from(`${'x'.repeat(990)}\n`.repeat(20));
  for (let n = 1; n <= 40; n++) spooling.write({ bytes: filler });
  await run.sent('central', 800);
  await until('the segments to be removed', () => spooling.files('central').length === 1);
});

test('at the end it sends what there is, and leaves what the receiver does not take', async () => {
  await using collector = await HttpCollector.listen();
  await using silent = await HttpCollector.listen(() => undefined);
  using spooling = new Spooling([otlpTo('silent', silent.port), otlpTo('central', collector.port)]);
  const run = new ShippingRun(spooling, { lingerMs: 60_000 });
  await run.sent('central', 0);
  spooling.writeLines(100);
  const beganMs = performance.now();
  await within('the end', run.shipping.finish(beganMs + 500));
  assert.deepEqual(collector.texts, numbered(1, 100));
  assert.deepEqual(silent.taken, []);
  silent.answer = accept;
  await using next = new ShippingRun(spooling);
  await next.sent('silent', 100);
  assert.deepEqual(silent.texts, numbered(1, 100));
  assert.deepEqual(collector.texts, numbered(1, 100));
});

test('at the end a receiver that is away is asked once more and then no more', async () => {
  using spooling = spoolingTo(await freePort());
  spooling.writeLines(1);
  const run = new ShippingRun(spooling, { backOff: { firstMs: 3_600_000, mostMs: 3_600_000 } });
  await until('an attempt', async () => (await run.statusOf('central'))?.state.kind === 'retrying');
  await within('the end', run.shipping.finish(performance.now() + 3_600_000), 5_000);
});

test('a cursor that cannot be read means: from the beginning', async () => {
  await using collector = await HttpCollector.listen();
  using spooling = spoolingTo(collector.port);
  spooling.writeLines(5);
  {
    await using run = new ShippingRun(spooling);
    await run.sent('central', 5);
  }
  const cursor = join(spooling.spoolDir, 'central/cursor.json');
  assert.equal((JSON.parse(readFileSync(cursor, 'utf8')) as { totalLines: number }).totalLines, 5);
  writeFileSync(cursor, '{"version":1,');
  await using run = new ShippingRun(spooling);
  await run.sent('central', 5);
  assert.deepEqual(collector.texts, [...numbered(1, 5), ...numbered(1, 5)]);
});

test('no secret is told or shown, though the receiver repeats it', async () => {
  const secret = 's3cr3t-of-the-header';
  await using collector = await HttpCollector.listen(
    answerWith(503, `who is Bearer ${secret}? and query-secret?`),
  );
  const url = `http://127.0.0.1:${collector.port}/v1/logs?key=query-secret`;
  const target = { kind: 'otlp', url, headers: { Authorization: `Bearer ${secret}` } } as const;
  using spooling = new Spooling([sinkOf('central', target)]);
  spooling.writeLines(1);
  await using run = new ShippingRun(spooling);
  await until('the message', () => run.told.length > 0);
  assert.equal(collector.requests[0]?.headers.authorization, `Bearer ${secret}`);
  assert.match(run.told[0] ?? '', /it answered 503: who is \*\*\*\? and \*\*\*\?/);
  const shown = JSON.stringify([run.told, await run.shipping.status()]);
  assert.ok(!shown.includes(secret) && !shown.includes('query-secret'), shown);
});

function spoolingTo(port: number): Spooling {
  return new Spooling([otlpTo('central', port)]);
}

function otlpTo(name: string, port: number, queueBytes?: number) {
  return sinkOf(name, { kind: 'otlp', url: `http://127.0.0.1:${port}/v1/logs`, headers: {} }, queueBytes);
}

function numbered(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
}

/** The first ones, each once; then everything is taken. */
function inTurn(answers: readonly Answer[]): Answer {
  let at = 0;
  return (request) => {
    (answers[at++] ?? accept)(request);
  };
}

/** Each number is there; a number is at most one more than the largest before it, and what comes again begins where a batch has begun. */
function assertInOrderAndWhole(texts: readonly string[], last: number): void {
  let largest = 0;
  for (const text of texts) {
    const number = Number(text.slice('line '.length));
    assert.ok(number <= largest + 1, `${text} came after line ${largest}`);
    largest = Math.max(largest, number);
  }
  assert.equal(largest, last);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

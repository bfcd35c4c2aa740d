// The logs' thread dies at every single step of its work, and the next one goes on: every line is in each sink once and in order, or in the
// count of those that are dropped (P11).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_LINE_BYTES } from '../../supervisor/core/plane-message.ts';
import { MortalLogs, type MortalOptions } from './support/mortal-logs.ts';

type Action =
  | { readonly do: 'write'; readonly service: number; readonly bytes: Buffer }
  | { readonly do: 'read'; readonly bytes: number }
  /** A line of Bosun's own. */
  | { readonly do: 'own'; readonly line: string }
  | { readonly do: 'shed' };
type Scenario = MortalOptions & { readonly actions: readonly Action[] };

/** Lines that are told apart, of these lengths. */
function numbered(service: number, lengths: readonly number[]): string {
  return lengths.map((length, index) => `${`s${service} ${index} `.padEnd(length, '.')}\n`).join('');
}

function play({ actions, ...options }: Scenario, ...lives: readonly number[]): MortalLogs {
  const logs = new MortalLogs(options);
  const waiting = Array.from({ length: options.services }, () => Buffer.alloc(0));
  const push = (): void => {
    for (const [service, bytes] of waiting.entries())
      if (bytes.length > 0) waiting[service] = Buffer.from(logs.write(service, bytes));
  };
  logs.live(...lives);
  for (const action of actions) {
    if (action.do === 'write')
      waiting[action.service] = Buffer.concat([waiting[action.service] ?? Buffer.alloc(0), action.bytes]);
    if (action.do === 'read') logs.readStdout(action.bytes);
    if (action.do === 'own') logs.writeOwn(action.line);
    push();
    logs.turn(({ pressure }) => {
      if (action.do === 'shed') pressure.shed();
    });
  }
  for (let turns = 0; waiting.some((bytes) => bytes.length > 0); turns += 1) {
    assert.ok(turns < 10_000, 'the services can write on');
    logs.readStdout();
    push();
    logs.turn();
  }
  for (let service = 0; service < options.services; service += 1) logs.close(service);
  logs.settle();
  return logs;
}

/** What a service has written, as a file shows it: no line is too long. */
function written({ actions }: Scenario, service: number): string {
  const all = Buffer.concat(
    actions.flatMap((action) => (action.do === 'write' && action.service === service ? [action.bytes] : [])),
  ).toString('latin1');
  const whole = all === '' || all.endsWith('\n') ? all : `${all}\n`;
  return whole;
}

function check(scenario: Scenario, logs: MortalLogs, what: string): void {
  const told: number[] = [];
  const shown = new Map<string, string[]>();
  for (const line of logs.output.split('\n').slice(0, -1)) {
    const lost = /^lost (\d+)$/.exec(line)?.[1];
    if (lost !== undefined) told.push(Number(lost));
    else (shown.get(line.slice(0, 2)) ?? shown.set(line.slice(0, 2), []).get(line.slice(0, 2)))?.push(line);
  }
  assert.equal(logs.output === '' || logs.output.endsWith('\n'), true, `${what}: the last line is whole`);
  let dropped = 0;
  let all = 0;
  for (let service = 0; service < scenario.services; service += 1) {
    const expected = written(scenario, service);
    const lines = expected.split('\n').slice(0, -1);
    all += lines.length;
    checkStores(logs, service, { expected, lines, what });
    const got = shown.get(`s${service}`) ?? [];
    assertPart(got, lines, `${what}: standard output of s${service}`);
    assert.equal(logs.counted(service, 'stdoutDroppedLines'), lines.length - got.length, `${what}: dropped`);
    dropped += lines.length - got.length;
    const bytes = scenario.actions.reduce(
      (sum, action) => sum + (action.do === 'write' && action.service === service ? action.bytes.length : 0),
      0,
    );
    assert.equal(logs.counted(service, 'readBytes'), bytes, `${what}: bytes read`);
  }
  const own = scenario.actions.flatMap((action) => (action.do === 'own' ? action.line.slice(0, -1) : []));
  const ownShown = shown.get('ow') ?? [];
  assertPart(ownShown, own, `${what}: Bosun's own lines`);
  dropped += own.length - ownShown.length;
  assert.equal(logs.droppedLines, dropped, `${what}: dropped in all`);
  assert.deepEqual([logs.lostFor(0), logs.lostFor(1)], [0, all], `${what}: lost for the sinks`);
  assert.equal(
    told.reduce((sum, lines) => sum + lines, 0),
    dropped,
    `${what}: told are ${told.join(' + ')}`,
  );
}

/** The file has each line or counts it; for one of the two sinks all are lost. */
function checkStores(
  logs: MortalLogs,
  service: number,
  {
    expected,
    lines,
    what,
  }: { readonly expected: string; readonly lines: readonly string[]; readonly what: string },
): void {
  const file = logs.sources[service]?.file.text ?? '';
  const inFile = file.split('\n').slice(0, -1);
  if (!expected.includes('!')) assert.equal(file, expected, `${what}: the file of s${service}`);
  assertPart(inFile, lines, `${what}: the file of s${service}`);
  const counted = {
    fileBytes: file.length,
    fileDroppedLines: lines.length - inFile.length,
    fileDroppedBytes: expected.length - file.length,
    spoolDroppedLines: lines.length,
  } as const;
  for (const [counter, count] of Object.entries(counted))
    assert.equal(
      logs.counted(service, counter as keyof typeof counted),
      count,
      `${what}: ${counter} of s${service}`,
    );
}

/** Each once and in order. */
function assertPart(got: readonly string[], all: readonly string[], what: string): void {
  let at = 0;
  for (const line of got) {
    const found = all.indexOf(line, at);
    assert.ok(found >= 0, `${what}: ${JSON.stringify(line.slice(0, 60))} is twice, broken or out of order`);
    at = found + 1;
  }
}

const own = (number: number, length = 12): Action => ({
  do: 'own',
  line: `${`own ${number} `.padEnd(length, '.')}\n`,
});
const chunk = (service: number, text: string): Action => ({ do: 'write', service, bytes: Buffer.from(text) });

/** Lines in pieces, an unfinished last line, an end with nothing carried, and a reader that comes and goes. */
const SMALL: Scenario = {
  services: 2,
  writeBytes: 700,
  actions: [
    chunk(0, 's0 0 \ns0 1'),
    own(0),
    chunk(1, numbered(1, [10, 300, 20])),
    own(1, 900),
    own(2),
    chunk(0, ' half\ns0 2 \n'),
    { do: 'read', bytes: 200 },
    chunk(0, numbered(0, [3000, 500]).replaceAll('s0 ', 's0 x!')),
    chunk(1, numbered(1, [40]).replaceAll('s1 ', 's1 x!')),
    chunk(1, 's1 9 last words'),
  ],
};

/** Nobody reads, until much is lost. */
const FULL: Scenario = {
  services: 2,
  queueBytes: 8192,
  queueStart: -3000,
  writeBytes: 3000,
  actions: [
    chunk(0, numbered(0, [4000, 100])),
    own(0),
    chunk(1, numbered(1, [2000, 100, 2000])),
    own(1, 300),
    chunk(0, numbered(0, [3900]).replaceAll('s0 0', 's0 5')),
    own(2, 9000),
    own(3),
    chunk(1, numbered(1, [1000, 1000]).replaceAll('s1 ', 's1 x')),
    own(4, 2000),
    { do: 'read', bytes: 100_000 },
    { do: 'read', bytes: 100_000 },
    { do: 'read', bytes: 100_000 },
    { do: 'read', bytes: 100_000 },
    chunk(0, 's0 6 \n'),
  ],
};

const LONG: Scenario = {
  services: 1,
  actions: [
    chunk(0, `s0 0 ${'x'.repeat(MAX_LINE_BYTES)}`),
    chunk(0, `s0 1 ${'y'.repeat(MAX_LINE_BYTES)}\ns0 2 \n`),
    { do: 'read', bytes: 10_000 },
    chunk(0, 's0 3 '),
  ],
};

test('a life without a death: all is there, and what is lost is counted and told', () => {
  for (const scenario of [SMALL, FULL]) {
    using logs = play(scenario);
    check(scenario, logs, 'nobody dies');
    assert.equal(logs.droppedLines > 0, scenario === FULL);
  }
});

for (const [what, scenario, stride] of [
  ['pieces, partial writes and an unfinished end', SMALL, 1],
  ['standard output is full, and lines are lost', FULL, 1],
] as const)
  test(`death at every step: ${what}`, () => {
    using calm = play(scenario);
    const { steps } = calm.fate;
    assert.ok(steps > 300, `${steps}`);
    for (let step = 0; step < steps; step += stride) {
      using logs = play(scenario, step);
      check(scenario, logs, `death at step ${step}`);
    }
  });

test('death at every step, and the next thread dies soon too', () => {
  using calm = play(SMALL);
  for (let step = 0; step < calm.fate.steps; step += 3)
    for (const then of [0, 1, 2, 3, 5, 8, 13, 21, 34]) {
      using logs = play(SMALL, step, then);
      check(SMALL, logs, `deaths at step ${step} and ${then}`);
    }
});

test('death at every step, and the next thread would cut otherwise: the block at hand stays as it is', () => {
  const text = Array.from({ length: 40 }, (_, line) => `s0 ${line} ${'.'.repeat(50)}\n`).join('');
  const scenario: Scenario = {
    services: 1,
    writeBytes: 700,
    actions: [chunk(0, text), chunk(0, text.replaceAll('s0 ', 's0 x'))],
    // Each tenth line begins a record, or each seventh.
    multiline: (deaths) => ({
      firstLine: deaths % 2 === 0 ? '^s0 x?\\d0 ' : '^s0 x?\\d?7 ',
      timeoutMs: 60_000,
    }),
  };
  using calm = play(scenario);
  for (let step = 0; step < calm.fate.steps; step += 1) {
    using logs = play(scenario, step);
    assert.equal(logs.sources[0]?.file.text, calm.sources[0]?.file.text, `death at step ${step}`);
    assert.equal(logs.output, calm.output, `death at step ${step}`);
  }
});

test('death at every step of a line that is too long', () => {
  using calm = play(LONG);
  for (let step = 0; step < calm.fate.steps; step += 1) {
    using logs = play(LONG, step);
    assert.equal(logs.sources[0]?.file.text, calm.sources[0]?.file.text, `death at step ${step}`);
    assert.equal(logs.output, calm.output, `death at step ${step}`);
  }
});

test('whatever services write, whenever the reader reads, wherever two threads die', () => {
  const length = fc.oneof(fc.integer({ min: 8, max: 400 }), fc.integer({ min: 2000, max: 9000 }));
  const services = fc.tuple(
    fc.array(length, { maxLength: 30 }).map((lengths) => numbered(0, lengths)),
    fc.array(length, { maxLength: 30 }).map((lengths) => numbered(1, lengths)),
  );
  const cuts = fc.array(fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 0, max: 6000 })), {
    minLength: 1,
    maxLength: 12,
  });
  const scenario = fc
    .record({
      texts: services,
      cuts,
      queueBytes: fc.constantFrom(16_384, 32_768),
      queueStart: fc.constantFrom(0, -5000, 2 ** 31 - 3000),
      writeBytes: fc.constantFrom(500, 4000, Infinity),
      last: fc.constantFrom('', 's0 end'),
    })
    .map(({ texts, cuts: sizes, last, ...options }): Scenario => {
      const actions: Action[] = [];
      const [first, second] = texts;
      const rests = [`${first}${last}`, second];
      for (let turn = 0; rests.some((rest) => rest !== ''); turn += 1) {
        const [size, read] = sizes[turn % sizes.length] ?? [1, 1];
        const service = turn % 2;
        const rest = rests[service] ?? '';
        actions.push(chunk(service, rest.slice(0, size)), { do: 'read', bytes: read });
        if (size % 2 === 0) actions.push(own(turn, size));
        rests[service] = rest.slice(size);
      }
      return { services: 2, ...options, actions };
    });
  fc.assert(
    fc.property(scenario, fc.nat(2000), fc.nat(2000), (played, first, second) => {
      using logs = play(played, first, second);
      check(played, logs, `deaths at ${first} and ${second}`);
    }),
    { numRuns: 250 },
  );
});

// What services write is what is in their files, byte for byte, whatever it is; and Bosun's memory does not grow with it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFileLine } from '../../supervisor/logs/format/file-line.ts';
import { CONTINUES_MARK } from '../../supervisor/logs/format/raw-format.ts';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { logFiles } from '../support/log-files.ts';
import { describeMemory, memoryOf } from '../support/memory.ts';

const HUGE_BYTES = 100_000_000;
const TINY_WRITES = 100_000;
const MANY = Number(process.env['BOSUN_TORTURE_SERVICES'] ?? 300);
/** More than it holds for a pipe, a block in all its forms, and the rings. */
const GROWTH_MIB = 80;
const NEWLINE = 0x0a;

/** Any byte but a newline; and lines of all lengths up to the longest that stays whole. */
function anyBytes(): Buffer {
  const lines: Buffer[] = [
    Buffer.from('crlf\r\n\r\n\n\n'),
    Buffer.from([0, 0, 0, NEWLINE, 0xff, 0xfe, NEWLINE, 0xc3, NEWLINE, 0xf0, 0x9f, 0x98, NEWLINE]),
    // Half of a surrogate pair, as CESU-8 has it, and what is too long for its value.
    Buffer.from([0xed, 0xa0, 0x80, 0x20, 0xed, 0xb0, 0x80, NEWLINE, 0xc0, 0x80, NEWLINE]),
    Buffer.from('\u2028\u2029\u0085\ufeff\u202e \x1b[31mred\x1b[0m \x07\b\x7f "quoted" \\ \\u0000\n'),
    Buffer.from('{"msg":"\ud83d"}\n{"msg":"half\n[1,2]\nnull\n'),
  ];
  let state = 12345;
  for (let length = 1; length < 65_536; length = Math.ceil(length * 1.3)) {
    const line = Buffer.alloc(length + 1);
    for (let at = 0; at < length; at++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      line[at] = (state >>> 16) & 0xff;
      if (line[at] === NEWLINE) line[at] = 0;
    }
    line[length] = NEWLINE;
    lines.push(line);
  }
  return Buffer.concat(lines);
}

function service(script: string, logs: string, more = ''): string {
  const command = ['sh', '-c', `cd "$TEST_DIR"; until [ -e go ]; do sleep 0.02; done; ${script}`].map(
    (part) => part.replaceAll('$', '$$$$'),
  );
  return `command: ${JSON.stringify(command)}\nlogs: ${logs}\n${more}`;
}

const RAW = '{ stdout: false, file: { format: raw, max_size: 0 } }';
const ONCE = 'restart: { policy: never }\n';
const SERVICES = {
  huge: service(
    `head -c ${HUGE_BYTES} /dev/zero | tr '\\0' x; echo; echo after; touch huge.done; sleep 100000`,
    '{ stdout: false, file: { format: raw, max_size: 30M, keep: 10 } }',
  ),
  odd: service('cat any.bin; sleep 100000', RAW),
  wrapped: service('cat any.bin; sleep 100000', '{ format: json, file: { format: json, max_size: 0 } }'),
  timed: service('cat any.bin >&2; sleep 100000', '{ stdout: false, file: { format: timed, max_size: 0 } }'),
  tiny: service('dd if=tiny.bin bs=1 status=none; sleep 100000', RAW),
  torn: service('printf "no newline"', RAW, ONCE),
  closing: service('echo first; exec >&-; echo second >&2; sleep 100000', RAW),
  daemon: service('setsid sh -c "sleep 0.5; echo from the daemon" & echo from the leader', RAW, ONCE),
};

function filesOf(container: Container, name: string): Buffer {
  try {
    return Buffer.concat([...logFiles(join(container.directory, 'bosun.state', 'logs', name))]);
  } catch {
    return Buffer.alloc(0);
  }
}

async function holds(container: Container, name: string, expected: Buffer): Promise<void> {
  let found: Buffer = Buffer.alloc(0);
  await until(
    `the output of ${name}`,
    () => (found = filesOf(container, name)).length >= expected.length,
    30_000,
  ).catch(() => undefined);
  assert.ok(
    found.equals(expected),
    `${name}: ${found.length} bytes of ${expected.length}: ${found.toString('latin1', 0, 200)}`,
  );
}

/** The bytes that the service wrote. */
function unwrapped(format: 'json' | 'timed', file: Buffer): Buffer {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const end = file.indexOf(NEWLINE, at);
    const { line, continues } = parseFileLine(format, file.subarray(at, end));
    lines.push(line, ...(continues ? [] : [Buffer.of(NEWLINE)]));
    at = end + 1;
  }
  return Buffer.concat(lines);
}

test(
  'a line of 100 MB, any bytes, tiny writes, CRLF, closed and inherited pipes',
  { timeout: 120_000 },
  async (t) => {
    await using container = new Container({
      services: { ...SERVICES, waiting: service('sleep 100000', RAW) },
    });
    const bytes = anyBytes();
    const tiny = Buffer.alloc(TINY_WRITES, 'yyyyyyyyy\n');
    writeFileSync(join(container.directory, 'any.bin'), bytes);
    writeFileSync(join(container.directory, 'tiny.bin'), tiny);
    const pid = await container.pid();
    await until('the control plane', async () => (await container.ctl('status')).code === 0, 20_000);
    const before = memoryOf(pid);
    writeFileSync(join(container.directory, 'go'), '');
    await until('the long line', () => container.read('huge.done') !== undefined, 60_000);
    await holds(container, 'odd', bytes);
    await holds(container, 'tiny', tiny);
    await holds(container, 'torn', Buffer.from('no newline\n'));
    await holds(container, 'closing', Buffer.from('first\nsecond\n'));
    await holds(container, 'daemon', Buffer.from('from the leader\nfrom the daemon\n'));
    for (const format of ['json', 'timed'] as const) {
      const name = format === 'json' ? 'wrapped' : 'timed';
      const back = await until(
        `the output of ${name}`,
        () => {
          const found = unwrapped(format, filesOf(container, name));
          return found.length >= bytes.length ? found : undefined;
        },
        20_000,
      );
      assert.ok(back.equals(bytes), `${name}: ${back.length} bytes of ${bytes.length}`);
    }
    const huge = await until('the line after the long one', () => {
      const text = filesOf(container, 'huge').toString('latin1');
      return text.endsWith('\nafter\n') && text;
    });
    const pieces = huge.slice(0, -'\nafter\n'.length).split(`${CONTINUES_MARK}\n`);
    assert.equal(pieces.length, Math.ceil(HUGE_BYTES / 65_536));
    assert.equal(
      pieces.reduce((sum, piece) => sum + piece.length, 0),
      HUGE_BYTES,
    );
    assert.ok(pieces.every((piece) => /^x*$/.test(piece)));
    const after = memoryOf(pid);
    t.diagnostic(`Bosun's memory: ${describeMemory({ before, after })}`);
    assert.ok(after.peakMib - before.peakMib < GROWTH_MIB, `${after.peakMib - before.peakMib} MiB`);
    await container.signal('SIGTERM');
    assert.equal((await container.end()).code, 0);
    for (const line of container.stdout.lines) assert.doesNotThrow(() => JSON.parse(line) as unknown, line);
    assert.ok(container.stdout.lines.filter((line) => line.includes('"service":"wrapped"')).length > 20);
  },
);

test(`${MANY} services, a few lines each, all at once`, { timeout: 240_000 }, async (t) => {
  await using container = new Container({
    services: {
      'many@':
        `instances: ${MANY}\ntype: oneshot\n` +
        'command: [sh, -c, "echo one; echo two of $${INSTANCE} >&2; echo three; printf four"]\n'.replace(
          '$$',
          '$',
        ) +
        'logs: { file: { format: timed } }\n',
      steady: 'command: [sleep, "100000"]\n',
    },
    options: ['--log-format', 'raw'],
  });
  const pid = await container.pid();
  const names = Array.from({ length: MANY }, (_, index) => `many-${index + 1}`);
  await until('the control plane', async () => (await container.ctl('status')).code === 0, 60_000);
  const before = memoryOf(pid);
  await until(
    'all lines',
    () => names.every((name) => filesOf(container, name).includes(' stdout four\n')),
    120_000,
  );
  for (const name of names) {
    const lines = filesOf(container, name).toString().trimEnd().split('\n');
    const of = (stream: string): string[] =>
      lines
        .filter((line) => line.includes(` ${stream} `))
        .map((line) => line.slice(line.indexOf(stream) + 7));
    assert.deepEqual(of('stdout'), ['one', 'three', 'four']);
    assert.deepEqual(of('stderr'), [`two of ${name.slice('many-'.length)}`]);
  }
  const after = memoryOf(pid);
  t.diagnostic(`Bosun's memory: ${describeMemory({ before, after })}`);
  assert.ok(after.peakMib < 400, `${after.peakMib} MiB`);
  await container.signal('SIGTERM');
  assert.equal((await container.end(30_000)).code, 0);
  assert.equal(container.stdout.lines.filter((line) => line === 'three').length, MANY);
});

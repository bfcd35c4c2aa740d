import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createPrefixFormat,
  formatJson,
  formatRaw,
  type LogLine,
} from '../../supervisor/plane/logs/log-line.ts';

function line(bytes: string | Buffer, overrides: Partial<LogLine> = {}): LogLine {
  const own = { service: 'caddy', pid: 42, stream: 'stdout', timeMs: 1000, continues: false } as const;
  return { ...own, bytes: Buffer.from(bytes), ...overrides };
}

function parse(bytes: Buffer): Record<string, unknown> {
  assert.equal(bytes.indexOf('\n'), bytes.length - 1, 'one line, ended');
  return JSON.parse(bytes.toString()) as Record<string, unknown>;
}

test("json has pino's field names", () => {
  const { level, time, pid, service, stream, msg } = parse(
    formatJson(line('hello "you"\t', { stream: 'stderr' })),
  );
  assert.deepEqual(
    { level, time, pid, service, stream, msg },
    {
      level: 30,
      time: 1000,
      pid: 42,
      service: 'caddy',
      stream: 'stderr',
      msg: 'hello "you"\t',
    },
  );
});

test('a line that is a JSON object stays as it is, to the last digit', () => {
  const text = '{"level":"info","size":12345678901234567890,"a":1.10}';
  const out = formatJson(line(text)).toString();
  assert.ok(out.startsWith(text.slice(0, -1)), out);
  assert.deepEqual(parse(Buffer.from(out))['bosun'], {
    service: 'caddy',
    stream: 'stdout',
    time: 1000,
    pid: 42,
  });
});

test('an empty object gets no stray comma', () => {
  assert.deepEqual(Object.keys(parse(formatJson(line('{}')))), ['bosun']);
});

for (const text of ['{not json}', '{"a":1} and more', '[1,2]', '{"bosun":{"mine":true}}', '{"a":1', '']) {
  test(`${JSON.stringify(text)} is text, not an object to add to`, () => {
    assert.equal(parse(formatJson(line(text)))['msg'], text);
  });
}

test('bytes that are not UTF-8 survive in every format', () => {
  const bytes = Buffer.from([0x61, 0xff, 0xfe, 0x62]);
  assert.deepEqual(Buffer.from(String(parse(formatJson(line(bytes)))['base64']), 'base64'), bytes);
  assert.deepEqual(formatRaw(line(bytes)), Buffer.concat([bytes, Buffer.from('\n')]));
  const prefixed = createPrefixFormat({ names: ['caddy'], color: false })(line(bytes));
  assert.ok(prefixed.includes(bytes));
});

test('prefixes are aligned to the longest name, and coloured only when asked', () => {
  const plain = createPrefixFormat({ names: ['bosun', 'consul-template'], color: false });
  assert.equal(plain(line('hi', { service: 'bosun' })).toString(), 'bosun           | hi\n');
  const colored = createPrefixFormat({ names: ['bosun'], color: true });
  assert.match(colored(line('hi', { service: 'bosun' })).toString(), /^\u001b\[\d+mbosun \| \u001b\[0mhi\n$/);
});

test('a piece of a long line says that it goes on', () => {
  assert.match(formatRaw(line('piece', { continues: true })).toString(), /^piece \[bosun: .*next line\]\n$/);
  assert.equal(parse(formatJson(line('piece', { continues: true })))['continues'], true);
});

// Blocks for tests of the formats, and the blocks that a service's bytes are cut into.
import fc from 'fast-check';
import type { LogBlock } from '../../../supervisor/core/log-message.ts';

export const AT_MS = Date.UTC(2026, 10, 21, 14, 20, 30, 123);

export function block(bytes: string | Uint8Array, overrides: Partial<LogBlock> = {}): LogBlock {
  const own = { service: 'caddy', pid: 42, stream: 'stdout', timeMs: AT_MS, ends: 'line' } as const;
  return { ...own, bytes: shared(Buffer.from(bytes)), ...overrides };
}

/** As the staging memory is. */
function shared(bytes: Buffer): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3, bytes.length);
  copy.set(bytes);
  return copy;
}

/** Without their newlines. */
export function linesOf(bytes: Uint8Array): Buffer[] {
  const all = Buffer.from(bytes);
  const lines: Buffer[] = [];
  for (let start = 0; start < all.length;) {
    const newline = all.indexOf('\n', start);
    if (newline < 0) throw new Error(`the last line has no newline: ${all.subarray(start).toString()}`);
    lines.push(all.subarray(start, newline));
    start = newline + 1;
  }
  return lines;
}

export function join(lines: readonly Uint8Array[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
}

/** Of the kinds that are shown in different ways, and bytes of any kind; without a newline. */
export const anyLine: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })).map((object) => JSON.stringify(object)),
    fc
      .dictionary(fc.string(), fc.jsonValue({ maxDepth: 6 }))
      .map((object) => JSON.stringify(object, null, 1)),
    fc.constantFrom(
      ...[
        '',
        '{}',
        '{ }',
        '{"a":1}\r',
        ' {"a":1}',
        '{"a":1} \t',
        '{"bosun":1}',
        '{"b\\u006fsun":1}',
        '{"a":1',
        '{"}',
      ],
      ...[
        '{"a":{"bosun":{"service":"x","stream":"stdout","time":1,"pid":2}}}',
        '"}}',
        '\u0000',
        '\r',
        '\\n',
        '\\',
        '"',
      ],
      ...[
        '<3>low disk',
        'ERROR x',
        '\t\tat foo',
        '2026-11-21T14:20:30.123Z stdout x',
        '\u001b[31m',
        '\u007f',
        '\ud800',
      ],
    ),
  )
  .map((line) => Buffer.from(Buffer.from(line as string).filter((byte) => byte !== 0x0a)));

export const anyLines: fc.Arbitrary<Buffer[]> = fc.array(anyLine, { minLength: 1, maxLength: 12 });

/** A record or a piece of a line is not changed by what the others are. */
export const anyEnd: fc.Arbitrary<LogBlock['ends']> = fc.constantFrom('line', 'record', 'continues');

export function endedBlock(
  lines: readonly Buffer[],
  ends: LogBlock['ends'],
  stream: LogBlock['stream'],
): LogBlock {
  const bytes = ends === 'continues' ? Buffer.concat(lines) : join(lines);
  return block(bytes, { ends, stream });
}

// The levels of lines of text, in pino's numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFormat } from '../../supervisor/logs/format/formats.ts';
import { block, linesOf } from './support/blocks.ts';

const format = createFormat('json', { names: [], color: false });

function levelOf(line: string): unknown {
  const [shown] = linesOf(format(block(`${line}\nERROR the next line\n`, { stream: 'stderr' })));
  return (JSON.parse(String(shown)) as Record<string, unknown>)['level'];
}

const LINES: readonly (readonly [number, readonly string[]])[] = [
  [10, ['TRACE x', '2026-11-21T14:20:30.123Z TRACE x', '[trace] x']],
  [20, ['DEBUG:root:x', '<7>x', 'time=2026-11-21T14:20:30Z level=DEBUG msg=x', '20:30:01 DBG x']],
  [
    30,
    [
      ...[
        '',
        ' ',
        'x',
        'INFO x',
        'Error handling is on',
        'Warning shots',
        'errors: 0',
        'information',
        'no ERROR here',
      ],
      ...['<6>x', '<9>x', '<x>3', '<3', '404 not found', 'I1121 14:20:30.1 12 a.go:1] x', '<', '<3'],
      ...[
        'ERRORS',
        'ERROR_CODE=0',
        'ERROR-PRONE',
        'error',
        '(error',
        'fatal-ish: x',
        'took 3 s',
        'E1 x',
        'panics: 0',
        'DEBUG=1',
      ],
      ...[
        'ts=1 caller=a.go:1 level=info msg="level=error"',
        'time=1 msg="x level=error"',
        'the level=error',
        'level=loud',
      ],
      ...[
        '127.0.0.1 - - [21/Nov/2026:14:20:30 +0000] "GET / HTTP/1.1" 200 612',
        '\u001b',
        '\u001b[31',
        'err',
      ],
      ...[`${'1'.repeat(80)} ERROR`, '<5>x'],
    ],
  ],
  [
    40,
    [
      ...[
        'WARN x',
        'WARNING: x',
        'Warning: x',
        '[warn] x',
        '<4>x',
        'W1121 14:20:30.1 12 a.go:1] x',
        '20:30 WRN x',
      ],
      ...[
        '  2026-11-21T14:20:30.123Z [WARN] agent: x',
        'level=warning ts=1 msg=x',
        'time="2026-11-21" level="warn" x',
      ],
      '\u001b[33mWARN\u001b[39m x',
    ],
  ],
  [
    50,
    [
      ...[
        'ERROR',
        'ERROR: x',
        'ERROR x',
        'error: x',
        'Error: x',
        '[error] x',
        '<3>x',
        'E1121 14:20:30.1 12 a.go:1] x',
      ],
      '2026-11-21 14:20:30,123 ERROR [main] x',
      '[2026-11-21 14:20:30 +0000] [12] [ERROR] x',
      '2026/11/21 14:20:30 [error] 12#12: x',
      '2026-11-21 14:20:30.123 UTC [12] ERROR:  x',
      '[2026-11-21T14:20:30Z ERROR x] y',
      '\u001b[1;31mERROR\u001b[0m x',
      'ts=1.5 caller=main.go:1 level=error msg=x',
      'SEVERE: x',
    ],
  ],
  [
    60,
    [
      'FATAL x',
      'fatal: not a git repository',
      'panic: runtime error',
      'CRITICAL:root:x',
      '<0>x',
      '<2>x',
      '[emerg] x',
    ],
  ],
];

for (const [level, lines] of LINES)
  for (const line of lines)
    test(`${JSON.stringify(line)} is of level ${level}`, () => {
      assert.equal(levelOf(line), level);
    });

test('what stands in the next line says nothing of this one', () => {
  const text = '1 ERROR x\nabc:de:f\nt=1\nlevel=error\n<\n3>\n';
  const levels = linesOf(format(block(text))).map(
    (line) => (JSON.parse(String(line)) as { level: number }).level,
  );
  assert.deepEqual(levels, [50, 30, 30, 50, 30, 30]);
});

test('a line of a stream of errors is not an error for that', () => {
  assert.equal(levelOf('listening on port 80'), 30);
});

// The levels of lines of text, in pino's numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFormat } from '../../supervisor/logs/format/formats.ts';
import { block, linesOf } from './support/blocks.ts';
import { LEVEL_LINES } from './support/level-lines.ts';

const format = createFormat('json', { names: [], color: false });

function levelOf(line: string): unknown {
  const [shown] = linesOf(format(block(`${line}\nERROR the next line\n`, { stream: 'stderr' })));
  return (JSON.parse(String(shown)) as Record<string, unknown>)['level'];
}

for (const [level, lines] of LEVEL_LINES)
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

// docs/explanation/compared.md: every request has an answer, and every test that is named there exists under that title.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const page = readFileSync(new URL('../../docs/explanation/compared.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| \d+ +\|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('the requests are numbered without a gap, in both tables, and each has an answer', () => {
  const numbers = rows.map(([, number]) => Number(number));
  const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
  assert.deepEqual(numbers, [...upTo(30), ...upTo(50)]);
  for (const [, number, asked = '', answer = ''] of rows)
    assert.ok(asked !== '' && answer !== '', `request ${number} is not answered`);
});

test('each answer names a test that is there, or says why there is none', () => {
  for (const [, number, , answer = '', shown = ''] of rows) {
    if (shown === '') {
      assert.match(
        answer,
        /^Not yet|^No|^There is no/,
        `request ${number} names neither a test nor a reason`,
      );
      continue;
    }
    const [, file, title = ''] = /^`([\w/-]+)` "(.+)"$/.exec(shown) ?? [];
    assert.ok(file !== undefined, `request ${number}: ${shown}`);
    const source = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
    assert.ok(source.includes(title), `request ${number}: ${file} has no test "${title}"`);
  }
});

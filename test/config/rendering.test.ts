// How diagnostics look on a terminal, and what is left out when there are too many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitPerFile } from '../../supervisor/config/diagnostic-limit.ts';
import { renderDiagnostics, type Diagnostic } from '../../supervisor/config/diagnostic.ts';

const sample: Diagnostic = {
  severity: 'error',
  file: 'a.yaml',
  line: 3,
  column: 5,
  length: 4,
  key: 'x',
  message: 'is wrong',
  remedy: 'Do better.',
  sourceLine: 'abc word rest',
};

test('rendering: nothing for nothing, colour only when asked', () => {
  assert.equal(renderDiagnostics([], { color: true }), '');
  assert.doesNotMatch(renderDiagnostics([sample], { color: false }), /\u001b/);
  assert.match(renderDiagnostics([sample], { color: true }), /\u001b\[1;31m~~~~\u001b\[0m/);
});

test('rendering: never wider than 80 columns, the squiggle under its text', () => {
  const sourceLine = `${'x'.repeat(500)}FAULT${'y'.repeat(500)}`;
  const long = {
    ...sample,
    sourceLine,
    column: 501,
    length: 5,
    message: 'long words '.repeat(30),
    remedy: 'more '.repeat(50),
  };
  const rows = renderDiagnostics([long], { color: false }).split('\n');
  for (const row of rows) assert.ok(row.length <= 80, `${row.length}: ${row}`);
  const excerpt = rows.findIndex((row) => row.includes('FAULT'));
  assert.equal(rows[excerpt]?.indexOf('FAULT'), rows[excerpt + 1]?.indexOf('~~~~~'));
});

test('rendering: a tab is one column wide', () => {
  const rows = renderDiagnostics([{ ...sample, sourceLine: 'abc\tword' }], { color: false }).split('\n');
  assert.deepEqual(rows.slice(1, 3), ['  3 | abc word', '    |     ~~~~']);
});

test('a hopeless file: the first hundred are shown, errors before warnings, the rest is counted', () => {
  const warnings = Array.from({ length: 150 }, (): Diagnostic => ({ ...sample, severity: 'warning' }));
  const limited = limitPerFile([...warnings, sample, { ...sample, file: 'b.yaml' }]);
  assert.equal(limited.length, 102);
  assert.equal(limited[0]?.severity, 'error');
  assert.equal(limited[100]?.message, '51 more are not shown');
  assert.equal(limited[101]?.file, 'b.yaml');
});

test('rendering: what a file holds cannot steer the terminal', () => {
  const hostile = {
    ...sample,
    sourceLine: '\u001b[2J\tword\u202e\r',
    message: 'bad \u001b]0;x\u0007',
    file: 'a\u001b.yaml',
  };
  const text = renderDiagnostics([hostile], { color: false });
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u202e]/);
});

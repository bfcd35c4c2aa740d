// Whatever the files hold, the loader answers: it does not throw, does not hang, and says file and line.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderDiagnostics } from '../../supervisor/config/diagnostic.ts';
import { load } from './loading.ts';

const DEADLINE_MS = 30_000;
const seed = readFileSync(new URL('../fixtures/config/complete/services.d/app.yaml', import.meta.url));

async function answers(content: string | Uint8Array, name = 'services.d/it.yaml'): Promise<void> {
  const beforeMs = performance.now();
  const files = { 'services.d/other.yaml': 'command: [a]', [name]: content };
  const result = await load(files, { A: 'x', LONG: 'y'.repeat(10_000) });
  const diagnostics = result.kind === 'refused' ? result.diagnostics : result.warnings;
  if (result.kind === 'refused') assert.ok(diagnostics.some(({ severity }) => severity === 'error'));
  for (const diagnostic of diagnostics) {
    assert.ok(diagnostic.file.length > 0 && diagnostic.line >= 1 && diagnostic.column >= 1);
    assert.doesNotMatch(diagnostic.message, /internal error/);
    assert.ok(diagnostic.message !== '' && diagnostic.remedy !== '', JSON.stringify(diagnostic));
    assert.ok(diagnostic.message.length < 1000 && diagnostic.length <= diagnostic.sourceLine.length + 1);
  }
  assert.ok(renderDiagnostics(diagnostics, { color: true }).length < 300_000);
  assert.ok(performance.now() - beforeMs < DEADLINE_MS);
}

/** Pieces that mean something to YAML, to the expansion or to the schema. */
const pieces = fc.constantFrom(
  ...[
    '- ',
    ': ',
    ':',
    '? ',
    '\n',
    '\n  ',
    '\t',
    '#',
    '&a ',
    '*a',
    '!!str ',
    '!x ',
    '|\n',
    '>-\n',
    '---\n',
    '...\n',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '<<: ',
    '${A}',
    '${B:-',
    '$$',
    '$',
    '}',
    '\\',
    '\r\n',
    '\u0000',
    '\ufeff',
  ],
  ...[
    'command',
    'depends_on',
    'readiness',
    'http',
    'x-a',
    'environment',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...['null', 'true', '0', '1.5', '.nan', '-.inf', '1e999', '0x1f', '~', '5s', 'it', 'other', 'a'],
);

test('random pieces of YAML', async () => {
  const text = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, (content) => answers(content)),
    { numRuns: 400 },
  );
});

test('random pieces of YAML in bosun.yaml and in an env_file', async () => {
  const text = fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(text, (content) => answers(content, 'bosun.yaml')),
    { numRuns: 100 },
  );
  const withFile = async (content: string): Promise<void> => {
    const result = await load({ 'services.d/it.yaml': 'command: [a]\nenv_file: x', 'services.d/x': content });
    if (result.kind === 'loaded') return;
    for (const { message, line } of result.diagnostics) assert.ok(line >= 1 && !message.includes('internal'));
  };
  await fc.assert(fc.asyncProperty(text, withFile), { numRuns: 100 });
});

test('random bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => answers(bytes)),
    { numRuns: 100 },
  );
});

test('a right file, cut off or with bytes changed', async () => {
  const mutation = fc.record({
    end: fc.nat(seed.length),
    changes: fc.array(fc.tuple(fc.nat(seed.length - 1), fc.integer({ min: 0, max: 127 })), { maxLength: 5 }),
  });
  const mutate = async ({ end, changes }: { end: number; changes: [number, number][] }): Promise<void> => {
    const bytes = Buffer.from(seed);
    for (const [at, byte] of changes) bytes[at] = byte;
    await answers(bytes.subarray(0, end));
  };
  await fc.assert(fc.asyncProperty(mutation, mutate), { numRuns: 200 });
});

const MEBIBYTE = 1 << 20;
const fill = (text: string, size = MEBIBYTE): string => text.repeat(Math.floor(size / text.length));
const laughs = [
  'a0: &a0 [x, x]',
  ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
];

const bombs: readonly (readonly [name: string, text: string])[] = [
  ['billion laughs', `command: [a]\n${laughs.join('\n')}`],
  ['billion laughs under x-', `command: [a]\nx-a:\n  ${laughs.join('\n  ')}`],
  ['an anchor within itself', 'command: &a [*a, *a]'],
  ['merges of merges', `x: &a { command: [a] }\n${fill('<<: *a\n', 100_000)}`],
  ['brackets', fill('[')],
  ['braces', fill('{')],
  ['dashes', fill('- ')],
  ['question marks', fill('? ')],
  ['deep maps', Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['deep flow', `command: ${fill('[', 2000)}${fill(']', 2000)}`],
  ['quotes', fill('"')],
  ['tags', fill('!')],
  ['anchors', fill('&a ')],
  ['commas', `[${fill(',', MEBIBYTE - 1)}`],
  ['colons', fill('a: ')],
  ['unknown keys', Array.from({ length: 80_000 }, (_, i) => `key${i}: 1`).join('\n')],
  ['one key many times', fill('command: [a]\n')],
  ['one long key', `${'k'.repeat(MEBIBYTE - 10)}: a`],
  ['many wrong items', `command: [a]\nsuccess_exit_codes: [${fill('x, ', 500_000)}x]`],
  [
    'many dependencies',
    `command: [a]\ndepends_on: [${Array.from({ length: 50_000 }, (_, i) => `s${i}`).join(', ')}]`,
  ],
  ['many numbers as text', `command: [a, ${fill('1, ', 500_000)}1]`],
  ['many unset variables', `command: [a, ${fill('"$B", ', 500_000)}"x"]`],
  ['warnings that hide an error', `command: [a, ${fill('"$B", ', 100_000)}"$"]\nimage: x`],
  ['growing variables', `command: ["${fill('${LONG}', 500_000)}"]`],
  ['nested expressions', `command: ["${fill('${B:-', 500_000)}"]`],
  ['a long command line', `command: ${fill('a ', MEBIBYTE - 20)}`],
  ['a long quoted command line', `command: '"${fill('a ', MEBIBYTE - 20)}"'`],
  ['a long duration', `command: [a]\nstop: { timeout: ${fill('1s', 500_000)} }`],
];

for (const [name, text] of bombs) {
  test(`a bomb: ${name}`, async () => {
    await answers(text);
  });
}

test('many warnings do not hide the error among them', async () => {
  const result = await load({ 'services.d/it.yaml': `command: [a, ${fill('"$B", ', 10_000)}"$"]` });
  assert.equal(result.kind, 'refused');
});

// `when`: each condition, alone and together, with the reason that `status` shows.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadService } from './loading.ts';
import { testRefusals } from './refusals.ts';

async function reasonOf(when: string, more = ''): Promise<string> {
  const yaml = `command: [a]\nwhen: { ${when} }\n${more}`;
  const { eligibility } = await loadService(yaml, { PATH: '/other', TOKEN: 'secret', EMPTY: '' });
  return eligibility.kind === 'skipped' ? eligibility.reason : 'eligible';
}

test('an executable is looked up in the PATH of the service, or is a path', async () => {
  const plain = new URL('../fixtures/config/complete/app.env', import.meta.url).pathname;
  const cases: [string, string, string][] = [
    ['sh', '/bin', 'eligible'],
    ['sh', '/nowhere:/bin', 'eligible'],
    ['/bin/sh', '/nowhere', 'eligible'],
    ['sh', '/nowhere', 'executable "sh" was not found in PATH (/nowhere)'],
    [plain, '/bin', `executable "${plain}" is not an executable file`],
    ['/bin', '/bin', 'executable "/bin" is not an executable file'],
  ];
  for (const [executable, path, expected] of cases)
    assert.equal(await reasonOf(`executable: ${executable}`, `environment: { PATH: ${path} }`), expected);
});

test('a file is a path, or relative to the working directory; a directory will do', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bosun-when-'));
  try {
    await writeFile(join(directory, 'there'), '');
    const inside = `working_dir: ${directory}`;
    assert.equal(await reasonOf(`file: ${directory}/there`), 'eligible');
    assert.equal(await reasonOf(`file: ${directory}`), 'eligible');
    assert.equal(await reasonOf('file: there', inside), 'eligible');
    assert.equal(await reasonOf('file: gone', inside), 'file "gone" does not exist');
    assert.equal(await reasonOf('file: there/below', inside), 'file "there/below" does not exist');
    const long = 'x'.repeat(300);
    assert.equal(
      await reasonOf(`file: ${long}`, inside),
      `file "${long}" cannot be looked at (ENAMETOOLONG)`,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('variables of the list are set and not empty', async () => {
  assert.equal(await reasonOf('environment: [TOKEN, PATH]'), 'eligible');
  assert.equal(
    await reasonOf('environment: [NONE, EMPTY]'),
    'variable NONE is not set or empty; variable EMPTY is not set or empty',
  );
  assert.equal(await reasonOf('environment: [NONE]', 'environment: { NONE: now }'), 'eligible');
  assert.equal(await reasonOf('environment: [toString]'), 'variable toString is not set or empty');
});

test('variables of the map have the value that is asked for, which no message repeats', async () => {
  assert.equal(await reasonOf('environment: { TOKEN: secret }'), 'eligible');
  assert.equal(await reasonOf('environment: { TOKEN: other }'), 'variable TOKEN has another value');
  assert.equal(await reasonOf('environment: { NONE: other }'), 'variable NONE has another value');
  assert.equal(await reasonOf('environment: { PORT: 80 }', 'environment: { PORT: 80 }'), 'eligible');
});

test('all conditions must hold, and each that does not is named', async () => {
  assert.equal(await reasonOf('executable: /bin/sh, file: /, environment: [TOKEN]'), 'eligible');
  assert.equal(
    await reasonOf('executable: /nowhere/a, file: /nowhere/b, environment: [NONE]'),
    'executable "/nowhere/a" is not an executable file; file "/nowhere/b" does not exist; variable NONE is not set or empty',
  );
});

testRefusals([
  {
    rule: 'a condition that says nothing',
    yaml: 'when: {}',
    said: [['2:7 must have at least one of executable, file and environment', 'Add one, or remove the key.']],
  },
  {
    rule: 'an empty condition',
    yaml: 'when:',
    said: [
      ['2:1 "when" has no value', 'Give it one, or remove the key. Example: when: { executable: caddy }'],
    ],
  },
  {
    rule: 'an executable without a name',
    yaml: 'when: { executable: "" }',
    said: [['2:21 must be at least 1 character', 'Example: executable: caddy']],
  },
  {
    rule: 'a file without a name',
    yaml: 'when: { file: "" }',
    said: [['2:15 must be at least 1 character', 'Example: file: /etc/caddy/Caddyfile']],
  },
  {
    rule: 'no variable',
    yaml: 'when: { environment: [] }',
    said: [['2:22 must be at least 1 in the list', 'Example: environment: [API_TOKEN]']],
  },
  {
    rule: 'a variable with a bad name',
    yaml: 'when: { environment: ["A=b"] }',
    said: [['2:23 "A=b" has a wrong form', 'Example: environment: [API_TOKEN]']],
  },
  {
    rule: 'a variable of another type',
    yaml: 'when: { environment: { A: [b] } }',
    said: [['2:27 must be text, not a list', 'Example: environment: [API_TOKEN]']],
  },
  {
    rule: 'a variable without a value',
    yaml: 'when: { environment: { A: } }',
    said: [['2:24 "A" has no value', 'Give it one, or remove the key. Example: environment: [API_TOKEN]']],
  },
]);

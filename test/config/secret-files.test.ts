// Files that hold a service's secrets, and what is refused or warned of because it could not be masked.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { secretsOf } from '../../supervisor/core/secrets.ts';
import { readSecretFiles } from '../../supervisor/config/secret-files.ts';
import { load } from './loading.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bosun-secret-files-'));
});
after(async () => {
  await rm(directory, { recursive: true });
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

test('the content of a file that a service is told of for a secret is one', async () => {
  const path = await file('password', 'from-a-file\n');
  const result = await load({
    'services.d/db.yaml': `command: [a]\nenvironment: { DB_PASSWORD_FILE: ${path} }`,
    'services.d/web.yaml': 'command: [a]',
  });
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(
    result.spec.services.map((spec) => [spec.name, secretsOf(spec)]),
    [
      ['db', ['from-a-file']],
      ['web', []],
    ],
  );
});

test('of other variables only where they are named, by either name', async () => {
  const path = await file('plain', 'plain-value');
  const environment = { APP_DATA_FILE: path, TOKEN_PATH: path, API_KEY_FILE: relative(process.cwd(), path) };
  assert.deepEqual(await readSecretFiles(environment, []), []);
  const named = { APP_DATA_FILE: path };
  assert.deepEqual(await readSecretFiles(named, ['APP_DATA']), ['plain-value']);
  assert.deepEqual(await readSecretFiles(named, ['APP_DATA_FILE']), ['plain-value']);
});

test('a file that is not there, is none, is too large or is no text is left to the service', async () => {
  const paths = [
    join(directory, 'absent'),
    directory,
    '/dev/zero',
    await file('large', 'x'.repeat(65_537)),
    await file('bytes', Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x02])),
    await file('empty', '\n'),
  ];
  const environment = Object.fromEntries(paths.map((path, index) => [`S${index}_SECRET_FILE`, path]));
  assert.deepEqual(await readSecretFiles(environment, []), []);
});

const asAnother = process.getuid?.() === 0 ? { skip: 'root may read everything' } : {};

test('one that only the service may read is left to it', asAnother, async () => {
  const path = await file('closed', 'closed-value');
  await chmod(path, 0);
  assert.deepEqual(await readSecretFiles({ A_TOKEN_FILE: path }, []), []);
});

test('a pattern that could take for ever is refused', async () => {
  const result = await load({
    'services.d/web.yaml': 'command: [a]\nlogs:\n  redact_patterns: ["key=([a-z]+)+"]',
  });
  assert.ok(result.kind === 'refused');
  assert.deepEqual(
    result.diagnostics.map(({ line, message }) => [line, message]),
    [[3, 'repeats what is repeated already, and a long line could take for ever: "([a-z]+)+"']],
  );
});

test('a named variable whose value is too short to be masked is a warning', async () => {
  const result = await load({
    'bosun.yaml': 'logs: { redact: [SHARED] }',
    'services.d/web.yaml':
      'command: [a]\nenvironment: { PIN: 123, PIN2: 1234, SHARED: long-enough }\nlogs: { redact: [PIN, PIN2] }',
    'services.d/db.yaml': 'command: [a]\nenvironment: { SHARED: abc }',
  });
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(
    result.warnings.map(({ file: where, message }) => [where, message]),
    [['services.d/web.yaml', 'the value of "PIN" has less than 4 bytes, so it is not masked']],
  );
});

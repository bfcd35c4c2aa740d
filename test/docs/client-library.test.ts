// The program of client-library.md is run as it stands, against a real control plane; and its table has every code there is.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { adviseUnreachable } from '../../supervisor/cli/unreachable-advice.ts';
import { comesUp, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/how-to/client-library.md'), 'utf8');

test('the program of client-library.md prints what the page says', async () => {
  await using rig = await PlaneRig.start({
    services: [service('consul')],
    history: comesUp('consul', 1),
    engine: (command) => ({ kind: 'accepted', services: 'services' in command ? command.services : [] }),
  });
  const [, program = '', printed = ''] = /^```ts\n(.*?)^```$.*?^```text\n(.*?)^```$/ms.exec(PAGE) ?? [];
  assert.notEqual(program, '');
  const ran = Promise.withResolvers<readonly [string, string]>();
  const child = execFile(
    process.execPath,
    ['--input-type=module-typescript', '-'],
    { cwd: ROOT, timeout: 20_000, env: { ...process.env, BOSUN_SOCKET: rig.socketPath } },
    (_, stdout, stderr) => {
      ran.resolve([stdout, stderr]);
    },
  );
  child.stdin?.end(program);
  assert.deepEqual(await ran.promise, [printed, '']);
});

test('every code of a Bosun that cannot be reached is in the page, and no other; bosunctl has advice for each', () => {
  const folder = join(ROOT, 'supervisor/client');
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const codes = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/\bcode: (?:code === '' \? )?'([a-z-]+)'/g)].map(([, code = '']) => code),
    ),
  );
  const documented = [...PAGE.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, code = '']) => code);
  assert.deepEqual(documented.toSorted(), [...codes].toSorted());
  const general = adviseUnreachable('unknown', 'h:1').next;
  const without = documented.filter((code) => adviseUnreachable(code, 'h:1').next === general);
  assert.deepEqual(without, ['connection-lost', 'unknown']);
});

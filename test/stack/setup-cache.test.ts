// The cache of the setup when two setups run at once, and when one is killed: scripts/setup/{cache,lock}.mjs.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';

const CACHE_MODULE = resolve(import.meta.dirname, '../../scripts/setup/cache.mjs');
const DEADLINE_MS = 15_000;

/** Builds when it is told to by a line on stdin, and says on stdout what happens. */
const BUILDER = `
  import { once } from 'node:events';
  import { appendFileSync } from 'node:fs';
  import { cached } from ${JSON.stringify(CACHE_MODULE)};
  const build = async (directory) => {
    console.log('building');
    await once(process.stdin, 'data');
    appendFileSync(directory + '/program', 'built');
  };
  console.log('has ' + (await cached('thing-1', build, (text) => console.log(text))));
  process.stdin.unref();
`;

type Builder = {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: AsyncIterator<string>;
};

describe('the cache of the setup', () => {
  let directory: string;
  const builders: Builder[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bosun-cache-'));
  });

  afterEach(() => {
    for (const { child } of builders.splice(0)) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  function startBuilder(): Builder {
    const child = spawn(process.execPath, ['--input-type=module', '-e', BUILDER], {
      env: { ...process.env, BOSUN_CACHE: directory },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: DEADLINE_MS,
    });
    const builder = { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
    builders.push(builder);
    return builder;
  }

  it('builds once when two ask at once', async () => {
    const first = startBuilder();
    assert.equal(await nextLine(first), 'building');
    const second = startBuilder();
    assert.equal(await nextLine(second), 'waiting for another setup');
    first.child.stdin.write('go\n');

    const firstHas = await nextLine(first);
    assert.equal(await nextLine(second), firstHas);
    const target = firstHas.replace('has ', '');
    assert.equal(readFileSync(join(target, 'program'), 'utf8'), 'built');
    assert.deepEqual(readdirSync(join(target, '..')), ['thing-1']);
  });

  it('is taken over when the builder is killed, and shows nothing unfinished', async () => {
    const first = startBuilder();
    assert.equal(await nextLine(first), 'building');
    const second = startBuilder();
    assert.equal(await nextLine(second), 'waiting for another setup');
    const target = join(directory, `${process.platform}-${process.arch}`, 'thing-1');

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    assert.equal(await nextLine(second), 'building');
    assert.equal(existsSync(target), false);
    second.child.stdin.write('go\n');
    assert.equal(await nextLine(second), `has ${target}`);
  });
});

async function nextLine({ lines }: Builder): Promise<string> {
  const result = await lines.next();
  return result.done === true ? '(ended)' : result.value;
}

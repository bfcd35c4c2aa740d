// Rotated log files are compressed in the background: with the same lines, mode, owner and time, also after a crash in the middle, and never so
// that a line is lost or comes back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { rotatedName } from '../../../supervisor/core/log-file-name.ts';
import { FileCompression, type CompressionTrouble } from '../../../supervisor/plane/logs/file-compression.ts';
import { within } from '../../support/deadline.ts';

const TIME = '2026-11-21T14:20:30.123Z';
const isRoot = process.getuid?.() === 0;

class Rig implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-compression-'));
  readonly troubles: CompressionTrouble[] = [];
  readonly compression = new FileCompression((trouble) => this.troubles.push(trouble));

  /** Its name and its lines. */
  put(number: number, lines = 2000): { readonly name: string; readonly text: string } {
    const name = rotatedName(number, TIME);
    const text = Array.from({ length: lines }, (_, index) => `${number} line ${index}\n`).join('');
    writeFileSync(this.path(name), text);
    return { name, text };
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  get names(): readonly string[] {
    return readdirSync(this.directory).sort();
  }

  async compress(compress: 'none' | 'gzip' | 'zstd', directory = this.directory): Promise<void> {
    this.compression.look({ directory, compress });
    await within('compression', this.compression.idle());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compression.close();
    rmSync(this.directory, { recursive: true });
  }
}

for (const [form, ending, decompress] of [
  ['gzip', '.gz', gunzipSync],
  ['zstd', '.zst', zstdDecompressSync],
] as const) {
  test(`${form}: every rotated file, with its lines, mode and time; the current one stays`, async () => {
    await using rig = new Rig();
    const files = [1, 2, 3].map((number) => rig.put(number));
    writeFileSync(rig.path('current.log'), 'now\n');
    writeFileSync(rig.path('notes.log'), 'not ours\n');
    for (const { name } of files) {
      chmodSync(rig.path(name), 0o604);
      utimesSync(rig.path(name), 1_700_000_000, 1_600_000_000);
      if (isRoot) chownSync(rig.path(name), 1234, 2345);
    }
    await rig.compress(form);
    assert.deepEqual(rig.names, [...files.map(({ name }) => name + ending), 'current.log', 'notes.log']);
    for (const { name, text } of files) {
      assert.equal(decompress(readFileSync(rig.path(name + ending))).toString(), text);
      const { mode, uid, gid, mtimeMs, size } = statSync(rig.path(name + ending));
      assert.equal(mode & 0o7777, 0o604);
      assert.equal(mtimeMs, 1_600_000_000_000);
      assert.ok(size < text.length / 4);
      if (isRoot) assert.deepEqual([uid, gid], [1234, 2345]);
    }
    assert.deepEqual(rig.troubles, []);
  });
}

test('one at a time, oldest first', async () => {
  await using rig = new Rig();
  const files = [3, 1, 2].map((number) => rig.put(number, 50_000));
  const seen: string[] = [];
  let most = 0;
  const watcher = watch(rig.directory, (_event, name) => {
    if (name?.endsWith('.gz') === true && !seen.includes(name)) seen.push(name);
    most = Math.max(most, rig.names.filter((found) => found.endsWith('.tmp')).length);
  });
  await rig.compress('gzip');
  watcher.close();
  assert.deepEqual(seen, files.map(({ name }) => `${name}.gz`).sort());
  assert.equal(most, 1);
});

test('a rotation during the work is not missed', async () => {
  await using rig = new Rig();
  rig.put(1, 50_000);
  rig.compression.look({ directory: rig.directory, compress: 'gzip' });
  rig.put(2);
  rig.compression.look({ directory: rig.directory, compress: 'gzip' });
  await within('compression', rig.compression.idle());
  assert.deepEqual(
    rig.names,
    [1, 2].map((number) => `${rotatedName(number, TIME)}.gz`),
  );
});

test('what a crash has left: half-made ones go, and one that is there twice is made again and there once', async () => {
  await using rig = new Rig();
  const { name, text } = rig.put(1);
  writeFileSync(rig.path(`${name}.gz`), 'not whole: the power went');
  writeFileSync(rig.path(`${name}.gz.tmp`), 'half made');
  writeFileSync(rig.path(`${rotatedName(2, TIME)}.zst.tmp`), 'half made');
  await rig.compress('gzip');
  assert.deepEqual(rig.names, [`${name}.gz`]);
  assert.equal(gunzipSync(readFileSync(rig.path(`${name}.gz`))).toString(), text);
});

test('with another form than before no line is there twice', async () => {
  await using rig = new Rig();
  const { name } = rig.put(1);
  writeFileSync(rig.path(`${name}.gz`), 'of before');
  await rig.compress('zstd');
  assert.deepEqual(rig.names, [`${name}.zst`]);
});

test('without compression only what was half made goes', async () => {
  await using rig = new Rig();
  const { name } = rig.put(1);
  writeFileSync(rig.path(`${name}.gz.tmp`), 'half made');
  await rig.compress('none');
  assert.deepEqual(rig.names, [name]);
});

test('a file that retention removes meanwhile does not come back', async () => {
  await using rig = new Rig();
  const { name } = rig.put(1, 400_000);
  const last = rig.put(2);
  const watcher = watch(rig.directory, (_event, changed) => {
    if (changed?.endsWith('.tmp') === true) rmSync(rig.path(name), { force: true });
  });
  await rig.compress('gzip');
  watcher.close();
  assert.deepEqual(rig.names, [`${last.name}.gz`]);
  assert.deepEqual(rig.troubles, []);
});

test('one that is still written to stays plain, and the others do not wait for it', async () => {
  await using rig = new Rig();
  const { name, text } = rig.put(1, 400_000);
  const other = rig.put(2);
  const watcher = watch(rig.directory, (_event, changed) => {
    if (changed === `${name}.gz.tmp`) writeFileSync(rig.path(name), 'one more\n', { flag: 'a' });
  });
  await rig.compress('gzip');
  watcher.close();
  assert.deepEqual(rig.names, [name, `${other.name}.gz`]);
  assert.ok(readFileSync(rig.path(name), 'utf8').startsWith(`${text}one more\n`));
  assert.deepEqual(
    rig.troubles.map(({ errno }) => errno),
    ['EBUSY'],
  );
  await rig.compress('gzip');
  assert.deepEqual(rig.names, [`${name}.gz`, `${other.name}.gz`]);
});

test('what is no regular file is told once, left as it is, and holds up nothing', async () => {
  await using rig = new Rig();
  symlinkSync('/etc/passwd', rig.path(rotatedName(1, TIME)));
  mkdirSync(rig.path(rotatedName(2, TIME)));
  const { name } = rig.put(3);
  await rig.compress('gzip');
  assert.deepEqual(rig.names, [rotatedName(1, TIME), rotatedName(2, TIME), `${name}.gz`]);
  assert.match(rig.troubles[0]?.text ?? '', /^cannot compress .*00000001.*ELOOP.*It stays as it is/);
});

test('no directory yet is no trouble, one that is a link is left alone', async () => {
  await using rig = new Rig();
  const { name } = rig.put(1);
  const link = `${rig.directory}.link`;
  symlinkSync(rig.directory, link);
  try {
    await rig.compress('gzip', link);
    await rig.compress('gzip', rig.path('nowhere'));
  } finally {
    unlinkSync(link);
  }
  assert.deepEqual(rig.names, [name]);
  assert.deepEqual(rig.troubles, []);
});

test('an end in the middle leaves the plain file, and nothing half made', async () => {
  await using rig = new Rig();
  const { name, text } = rig.put(1, 1_000_000);
  const begun = new Promise<void>((resolve) => {
    const watcher = watch(rig.directory, (_event, changed) => {
      if (changed?.endsWith('.tmp') !== true) return;
      watcher.close();
      resolve();
    });
  });
  rig.compression.look({ directory: rig.directory, compress: 'gzip' });
  await within('the first bytes', begun);
  await within('the end', rig.compression.close());
  assert.deepEqual(rig.names, [name]);
  assert.equal(readFileSync(rig.path(name), 'utf8'), text);
  rig.compression.look({ directory: rig.directory, compress: 'gzip' });
  await rig.compression.idle();
  assert.deepEqual(rig.names, [name], 'nothing is begun after the end');
});

test('whoever reads the plain file reads on while it is compressed', async () => {
  await using rig = new Rig();
  const { name, text } = rig.put(1);
  await using reader = await open(rig.path(name));
  await rig.compress('gzip');
  assert.ok(!existsSync(rig.path(name)));
  assert.equal((await reader.readFile()).toString(), text);
});

test(
  'on a disk that is nearly full a file stays plain: the writer needs the room',
  { skip: isRoot ? false : 'only root can mount' },
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'bosun-compression-'));
    const file = new URL('../../../supervisor/plane/logs/file-compression.ts', import.meta.url).href;
    const work = `const { FileCompression } = await import(${JSON.stringify(file)});
      const compression = new FileCompression(({ errno, text }) => console.log(errno, text));
      compression.look({ directory: ${JSON.stringify(directory)}, compress: 'gzip' });
      await compression.idle();
      console.log(fs.readdirSync(${JSON.stringify(directory)}).join());`;
    const name = rotatedName(1, TIME);
    const script = `mount -t tmpfs -o size=300k tmpfs ${directory}
      yes 'a line that compresses well' | head -c 200000 >${directory}/${name}; "$@"; rm ${directory}/${name}
      yes | head -c 100000 >${directory}/${name}; "$@"`;
    try {
      const node = [process.execPath, '--input-type=module', '-e', `import fs from 'node:fs'; ${work}`];
      const argv = ['--mount', 'sh', '-c', script, 'sh', ...node];
      const { stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8', timeout: 30_000 });
      const [trouble, left, made] = stdout.trim().split('\n');
      assert.match(trouble ?? '', /^ENOSPC cannot compress .*less space is free than it takes/, stderr);
      assert.deepEqual([left, made], [name, `${name}.gz`], stderr);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);

test('memory does not grow with the file', async () => {
  await using rig = new Rig();
  const name = rotatedName(1, TIME);
  const chunk = Buffer.from('a line that is the same as the one before it\n'.repeat(20_000));
  for (const form of ['gzip', 'zstd'] as const) {
    for (let count = 0; count < 60; count += 1) writeFileSync(rig.path(name), chunk, { flag: 'a' });
    const { external } = process.memoryUsage();
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().external - external);
    }, 2);
    await rig.compress(form);
    clearInterval(timer);
    assert.ok(most > 0 && most < 16_000_000, `${form}: ${most} bytes for 54 MB`);
  }
});

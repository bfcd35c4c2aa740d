// The library in an application that has children of its own: by the name under which the package exports it, with real processes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ProcessManager, ProcessNotFound, ProcessNotStarted } from 'bosun';

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

test('a process is started, read from its first byte by several readers, and its exit is known', async () => {
  await using manager = new ProcessManager();
  const id = manager.start({ command: ['sh', '-c', 'echo out; echo err >&2; exit 7'] });
  const early = textOf(manager.stream(id, 'stdout'));
  const ended = await manager.wait(id);
  assert.equal(ended.state, 'exited');
  assert.deepEqual(ended.exit, { kind: 'code', code: 7 });
  assert.equal(await early, 'out\n');
  assert.equal(await textOf(manager.stream(id, 'stdout')), 'out\n');
  assert.equal(await textOf(manager.stream(id, 'stderr')), 'err\n');
  assert.deepEqual(manager.query(id)?.stdout, { keptBytes: 4, droppedBytes: 0 });
});

test('a program that is not there is an error with its errno', async () => {
  await using manager = new ProcessManager();
  assert.throws(
    () => manager.start({ command: ['no-such-program'] }),
    (error) => error instanceof ProcessNotStarted && error.code === 'ENOENT',
  );
  assert.throws(() => {
    manager.signal(99, 'SIGTERM');
  }, ProcessNotFound);
  assert.equal(manager.query(99), undefined);
});

test('a process that ignores what it is asked is killed after two intervals', async () => {
  await using manager = new ProcessManager();
  const command = ['sh', '-c', 'trap "" INT TERM; echo ready; while :; do sleep 60 & wait $!; done'] as const;
  const id = manager.start({ command, stopIntervalMs: 50 });
  await manager.stream(id, 'stdout').next();
  const stopped = await manager.stop(id);
  assert.equal(stopped.state, 'stopped');
  assert.ok(stopped.exit.kind === 'signal' && stopped.exit.signal === 'SIGKILL');
});

test('stdin is written to and ended', async () => {
  await using manager = new ProcessManager();
  const id = manager.start({ command: ['cat'], input: 'stream' });
  manager.input(id)?.end('through and through');
  assert.equal(await textOf(manager.stream(id, 'stdout')), 'through and through');
  assert.equal((await manager.wait(id)).state, 'exited');
});

test('what is over the limit is read, counted and not kept', async () => {
  await using manager = new ProcessManager();
  const id = manager.start({ command: ['head', '-c', '1000000', '/dev/zero'], outputLimitBytes: 1000 });
  assert.equal((await textOf(manager.stream(id, 'stdout'))).length, 1000);
  await manager.wait(id);
  assert.deepEqual(manager.query(id)?.stdout, { keptBytes: 1000, droppedBytes: 999_000 });
});

test('the children of the application stay its own, and closing ends all of ours and leaves no descriptor', async () => {
  const before = readdirSync('/proc/self/fd').length;
  const manager = new ProcessManager();
  const foreign = spawn('sh', ['-c', 'exit 3']);
  const ids = Array.from({ length: 50 }, () => manager.start({ command: ['sleep', '600'] }));
  const [code] = (await once(foreign, 'exit')) as [number];
  assert.equal(code, 3);
  assert.equal(manager.list().length, 50);
  await manager.close();
  assert.deepEqual(
    ids.map((id) => manager.query(id)?.state),
    ids.map(() => 'stopped'),
  );
  assert.throws(() => manager.start({ command: ['true'] }), ProcessNotStarted);
  await Promise.all(ids.map((id) => textOf(manager.stream(id, 'stdout'))));
  foreign.stdin.destroy();
  foreign.stdout.destroy();
  foreign.stderr.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(readdirSync('/proc/self/fd').length <= before + 1);
});

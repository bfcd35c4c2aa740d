// `npm start` as a user has it: it says where the stack answers, the stack answers there, and a signal stops it in order.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from './eventually.ts';
import { choosePorts, portVariables } from './stack-ports.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const UP_MS = 60_000;
const STOP_MS = 15_000;

describe('npm start', () => {
  let directory: string;
  const running = new Set<ChildProcess>();

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'bosun-start-'));
  });

  after(async () => {
    for (const child of running) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(): Promise<{
    readonly child: ChildProcess;
    readonly output: () => string;
    readonly proxy: string;
  }> {
    const ports = await choosePorts();
    const file = join(directory, 'output');
    const output = openSync(file, 'w');
    const env = { ...process.env, ...portVariables(ports), BOSUN_RUN_DIR: join(directory, 'run') };
    const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs')], {
      env,
      stdio: ['ignore', output, output],
    });
    running.add(child);
    child.on('exit', () => running.delete(child));
    return {
      child,
      output: () => readFileSync(file, 'utf8'),
      proxy: `http://127.0.0.1:${ports.BOSUN_PROXY_PORT}/api/hello`,
    };
  }

  it('says where the stack answers, and ends with 0 after Ctrl-C', async () => {
    const { child, output, proxy } = await start();
    await eventually('the line that says that the stack is up', UP_MS, () => {
      assert.equal(child.exitCode, null, output());
      return output().includes(`The stack is up.  ${proxy}`) ? true : undefined;
    });
    assert.equal((await fetch(proxy)).status, 200);
    assert.match(output(), /bosunctl --socket \S+bosun\.sock status/);
    assert.equal(await stopWith(child, 'SIGINT'), 0);
  });

  it('obeys a SIGTERM that comes before Bosun is up', async () => {
    const { child, output } = await start();
    await eventually('the start', UP_MS, () => (output().includes('Starting the stack') ? true : undefined));
    assert.equal(await stopWith(child, 'SIGTERM'), 0);
  });
});

async function stopWith(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS) });
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  return code;
}

// `bosunctl logs -f` in a whole Bosun: a service writes numbers without an end, its files are rotated and compressed, the control plane and the
// logs' thread die. Every number is shown once and in order.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { LogLineView } from '../../supervisor/wire/log-view.ts';
import { call } from '../plane/support/http.ts';
import { Container, type ContainerOptions } from '../support/container.ts';
import { eventsOf, reaches } from '../support/ctl-events.ts';
import { until, within } from '../support/deadline.ts';
import { shell } from '../support/inside.ts';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';

const BOSUNCTL = resolve(import.meta.dirname, '../../bin/bosunctl');
const NUMBERS = 100_000;

/** Some lines at a time, with the other programs of the machine in between. */
const COUNTING = `
command: ${shell(`i=0; while [ $i -lt ${NUMBERS} ]; do i=$((i+1)); echo "line $i"; done; exec sleep 100000`)}
logs: { stdout: false, file: { max_size: 200K, keep: 1000, compress: gzip } }
`;

function wrongPlace(lines: readonly string[]): number {
  return lines.findIndex((line, index) => line !== `line ${index + 1}`);
}

for (const victim of ['plane', 'logs'] as const)
  test(
    `a follower over rotation, compression, and the death of the ${victim}`,
    { timeout: 120_000 },
    async () => {
      await using container = new Container({
        services: { counting: COUNTING },
        options: ['--state-dir', 'state'],
        environment: { BOSUN_FAULT_INJECTION: victim },
      });
      await reaches(container, 'counting', 'running');
      const ctl = spawn(BOSUNCTL, ['--socket', container.socket, 'logs', 'counting', '-f', '-n', 'all'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      let complaints = '';
      ctl.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      ctl.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaints += chunk));
      for (let crash = 1; crash <= 3; crash += 1) {
        const before = text.length;
        await until('lines to flow', () => text.length > before + 50_000, 30_000);
        await container.signal('SIGUSR2');
        await until('the new thread', async () => {
          const events = await eventsOf(container);
          return events.filter(({ type }) => type === `${victim}-restarted`).length === crash;
        });
      }
      await until('the last line', () => text.endsWith(`line ${NUMBERS}\n`), 60_000);
      ctl.kill('SIGINT');
      await once(ctl, 'close');
      const lines = text.trimEnd().split('\n');
      const wrong = wrongPlace(lines);
      assert.equal(
        wrong,
        -1,
        `around line ${wrong}: ${lines.slice(wrong - 2, wrong + 3).join(' ')}; ${complaints}`,
      );
      const directory = join(container.directory, 'state', 'logs', 'counting');
      assert.ok(readdirSync(directory).some((name) => name.endsWith('.gz')));
      const again: string[] = [];
      const logs = new BosunClient(container.socket).readLogs({ services: ['counting'], lines: 'all' });
      const reading = (async () => {
        for await (const streamed of logs) if (streamed.kind === 'line') again.push(streamed.line.line);
      })();
      await within('all of the history', reading, 30_000);
      assert.equal(wrongPlace(again), -1);
      assert.equal(again.length, NUMBERS);
    },
  );

test("a service's own user may read its own log file, by the owner of the file, and another may not", async () => {
  const log = '$TEST_DIR/web-logs/current.log';
  const find = `until grep -q "my own" ${log}; do sleep 0.01; done; echo found; exec sleep 100000`;
  const tryIt = `until [ -e $TEST_DIR/written ]; do sleep 0.01; done; cat ${log} && echo read; exec sleep 100000`;
  await using container = new Container({
    services: {
      web: `
command: ${shell(`echo my own line; ${find}`)}
user: nobody
environment: { TEST_DIR: "\${TEST_DIR}" }
logs: { file: { path: "\${TEST_DIR}/web-logs", owner: nobody } }
`,
      other: `
command: ${shell(tryIt)}
user: daemon
environment: { TEST_DIR: "\${TEST_DIR}" }
`,
    },
    options: ['--state-dir', 'state', '--log-format', 'prefix'],
  });
  await container.stdout.line((line) => /^web +\| found$/.test(line));
  writeFileSync(join(container.directory, 'written'), '');
  await container.stdout.line((line) => /^other +\| cat: .*Permission denied$/.test(line));
  assert.ok(!container.stdout.lines.some((line) => /^other +\| read/.test(line)));
  const { stdout } = await container.ctl('logs', 'web', '-n', '1');
  assert.equal(stdout, 'found\n', 'and whoever has the role observe reads it over the API');
});

test('a cursor holds over a restart of Bosun', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'bosun-state-'));
  const say = (text: string): ContainerOptions => ({
    services: {
      web: `command: ${shell(`echo ${text} one; echo ${text} two; exec sleep 100000`)}\nlogs: { file: true }\n`,
    },
    options: ['--state-dir', stateDir, '--log-format', 'raw'],
  });
  const linesOf = async (container: Container, query: string): Promise<readonly LogLineView[]> => {
    const { text } = await call(container.socket, `/v1/logs?services=web&${query}`);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLineView);
  };
  try {
    let cursor = '';
    {
      await using first = new Container(say('first'));
      await first.stdout.line((line) => line === 'first two');
      await reaches(first, 'web', 'running');
      cursor = (await linesOf(first, ''))[0]?.cursor ?? '';
      await first.signal('SIGTERM');
      await first.end();
    }
    await using second = new Container(say('second'));
    await second.stdout.line((line) => line === 'second two');
    await reaches(second, 'web', 'running');
    const lines = (await linesOf(second, `after=${cursor}`)).map(({ line }) => line);
    assert.deepEqual(lines, ['first two', 'second one', 'second two']);
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
});

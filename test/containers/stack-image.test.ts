// The image of the default stack, as `docker build .` makes it: it comes up with its real programs, the proxy answers from outside, and
// `docker stop` ends it in order. Also as any user, without a capability, on a read-only root.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../support/deadline.ts';
import { docker, mustDocker, RUN, withEngine } from './support/docker.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const IMAGE = 'bosun-test:stack';
const CLIENT = process.env['BOSUN_TEST_DOCKER'] ?? 'docker';
/** The first build fetches packages and programs. */
const BUILD_MS = 900_000;
const HEALTHY_MS = 90_000;
const CONFINED = [
  ...['--user', '12345:12345', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--read-only', '--tmpfs', '/run/bosun', '--tmpfs', '/tmp'],
];
/** Each after what needs it. */
const ORDER = ['caddy', 'consul-template', 'consul'];

type Line = { readonly event?: string; readonly subject?: string };

function build(): void {
  const images = spawnSync(process.execPath, ['scripts/containers/engine.mjs', 'images'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: BUILD_MS,
  });
  assert.equal(images.status, 0, images.stderr);
  const references = images.stdout.split('\n').filter((line) => /^[A-Z_]+_IMAGE=/.test(line));
  const args = references.flatMap((reference) => ['--build-arg', reference]);
  const built = spawnSync(CLIENT, ['build', ...args, '-t', IMAGE, '.'], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: BUILD_MS,
    env: { ...process.env, DOCKER_BUILDKIT: '1' },
  });
  assert.equal(built.status, 0, built.stderr.slice(-2000));
}

describe('the image of the stack', withEngine, () => {
  before(build, { timeout: 2 * BUILD_MS });

  for (const [how, options] of [
    ['as root', []],
    ['as any user, confined', CONFINED],
  ] as const)
    it(`${how}: up, answering, and stopped in order`, { timeout: 240_000 }, async () => {
      const name = `bosun-test-${randomUUID().slice(0, 13)}`;
      after(() => docker('rm', '-f', '-v', name));
      await mustDocker(
        'run',
        '-d',
        '--name',
        name,
        '--label',
        `bosun.test.run=${RUN}`,
        '-p',
        '127.0.0.1::8080',
        ...options,
        IMAGE,
      );
      const health = (): Promise<string> => mustDocker('inspect', '-f', '{{.State.Health.Status}}', name);
      await until(`${name} to be healthy`, async () => (await health()) === 'healthy', HEALTHY_MS);
      const address = (await mustDocker('port', name, '8080')).split('\n')[0] ?? '';
      const answer = await until('the proxy', async () => hello(address), HEALTHY_MS);
      assert.match(answer, /"message":"hello"/);
      await mustDocker('stop', name);
      assert.equal(await mustDocker('inspect', '-f', '{{.State.ExitCode}}', name), '0');
      const stopping = (await mustDocker('logs', name)).split('\n').flatMap((line) => subjectOfStop(line));
      assert.deepEqual(
        stopping.filter((subject) => ORDER.includes(subject)),
        ORDER,
      );
    });
});

/** The proxy has no route before the backend is registered. */
async function hello(address: string): Promise<string | undefined> {
  const answer = await fetch(`http://${address}/api/hello`).catch(() => undefined);
  return answer?.ok === true ? answer.text() : undefined;
}

function subjectOfStop(line: string): readonly string[] {
  if (!line.startsWith('{')) return [];
  const { event, subject } = JSON.parse(line) as Line;
  return event === 'stopping' && subject !== undefined ? [subject] : [];
}

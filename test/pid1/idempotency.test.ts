// Keys outlive Bosun where its state directory does, and a key begins one job.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { call, type HttpAnswer } from '../plane/support/http.ts';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';

async function begin(stateDir: string): Promise<Container> {
  const container = new Container({
    place: 'below',
    services: { steady: 'command: [sleep, "100000"]\n' },
    options: ['--state-dir', stateDir],
  });
  await until('steady to run', async () => {
    const answer = await call(container.socket, '/v1/services/steady').catch(() => undefined);
    return answer?.json['state'] === 'running';
  });
  return container;
}

async function post(container: Container, path: string, key: string, body?: object): Promise<HttpAnswer> {
  const headers = { 'idempotency-key': key };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return call(container.socket, path, { method: 'POST', headers, ...text });
}

test('after a restart of Bosun a key has its answer still, and nothing is done', async (t) => {
  const stateDir = mkdtempSync(join(tmpdir(), 'bosun-state-'));
  t.after(() => {
    rmSync(stateDir, { recursive: true, force: true });
  });
  const first = await begin(stateDir);
  const answer = await post(first, '/v1/services/steady/restart?wait=30s', 'k');
  assert.equal(answer.status, 200, answer.text);
  const { pid } = (await call(first.socket, '/v1/services/steady')).json as { pid: number };
  process.kill(await first.pid(), 'SIGKILL');
  await first.end();
  // Without its PID 1 nobody ends it.
  process.kill(pid, 'SIGKILL');
  await first[Symbol.asyncDispose]();
  await using second = await begin(stateDir);
  const again = await post(second, '/v1/services/steady/restart?wait=30s', 'k');
  assert.deepEqual([again.text, again.headers['idempotent-replayed']], [answer.text, 'true']);
  assert.equal((await post(second, '/v1/services/steady/stop', 'k')).json['code'], 'idempotency-key-reused');
  assert.equal((await call(second.socket, '/v1/services/steady')).json['starts'], 1);
});

test('a job with a key is begun once, however often it is asked for', async () => {
  await using container = new Container({
    place: 'below',
    services: { steady: 'command: [sleep, "100000"]\n' },
  });
  await until(
    'an answer',
    async () => (await call(container.socket, '/healthz').catch(() => undefined))?.status === 200,
  );
  const body = { command: ['sh', '-c', 'echo x >> "$TEST_DIR/ran"; exec sleep 100000'] };
  const answers = await Promise.all(Array.from({ length: 20 }, () => post(container, '/v1/jobs', 'k', body)));
  assert.deepEqual([...new Set(answers.map(({ status, text }) => (status === 201 ? status : text)))], [201]);
  assert.equal(new Set(answers.map(({ json }) => json['id'])).size, 1);
  const jobs = (await call(container.socket, '/v1/jobs')).json['jobs'] as object[];
  assert.equal(jobs.length, 1);
  await until('the job to run', () => container.read('ran'));
  assert.equal(container.read('ran'), 'x\n');
  assert.notEqual((await post(container, '/v1/jobs', 'other', body)).json['id'], answers[0]?.json['id']);
});

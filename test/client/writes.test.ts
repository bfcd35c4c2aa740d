import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { BosunUnreachable, connect } from '../../supervisor/client.ts';
import { isAway } from '../../supervisor/client/api-caller.ts';
import { Authority, type Issued } from './support/authority.ts';
import { answerJson, NetworkServer, type Answer } from './support/network-server.ts';

const DONE = { command: '7', verb: 'shutdown', services: [], outcome: 'accepted', views: [], started: [] };

let authority: Authority;
let server: Issued;

before(async () => {
  authority = await Authority.create();
  server = await authority.issue({ subject: '/CN=server', names: ['IP:127.0.0.1'] });
});
after(() => {
  authority[Symbol.dispose]();
});

/** The connection breaks at the first requests: before the answer, or in the middle of it. */
function breaking(count: number, how: 'before' | 'amid' = 'before'): Answer {
  return (_request: IncomingMessage, response: ServerResponse, number: number) => {
    if (number > count) answerJson(response, DONE);
    else if (how === 'before') response.socket?.destroy();
    else {
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"command"', () => response.socket?.destroy());
    }
  };
}

const keysOf = ({ asked }: NetworkServer): unknown[] =>
  asked.map(({ headers }) => headers['idempotency-key']);

for (const how of ['before', 'amid'] as const)
  for (const transport of ['plaintext', 'tls'] as const) {
    test(`a write whose connection breaks ${how} the answer is repeated with the same key: ${transport}`, async () => {
      await using bosun = await NetworkServer.start(
        transport === 'tls' ? server : undefined,
        {},
        breaking(2, how),
      );
      const place = { address: '127.0.0.1', port: bosun.port };
      const client =
        transport === 'tls'
          ? connect({ ...place, certificateAuthority: authority.pem })
          : connect({ ...place, plaintext: true });
      assert.deepEqual(await client.shutdown(), DONE);
      const [key, ...others] = keysOf(bosun);
      assert.match(String(key), /^[0-9a-f-]{36}$/);
      assert.deepEqual(others, [key, key]);
      await client.shutdown();
      assert.notEqual(keysOf(bosun)[3], key);
      await client.shutdown({ idempotencyKey: 'mine' });
      assert.equal(keysOf(bosun)[4], 'mine');
    });
  }

test('a few times only: then it is told', async () => {
  await using bosun = await NetworkServer.start(undefined, {}, breaking(100));
  const client = connect({ address: '127.0.0.1', port: bosun.port, plaintext: true });
  await assert.rejects(client.shutdown(), { name: 'BosunUnreachable', code: 'ECONNRESET' });
  assert.equal(bosun.asked.length, 6);
});

test('a certificate that is not accepted is told soon, though a close may mean something else', async () => {
  await using bosun = await NetworkServer.start(server, {
    requestCert: true,
    rejectUnauthorized: true,
    ca: authority.pem,
  });
  const { certificate, key } = await authority.issue({ subject: '/OU=control/CN=bob', days: -1 });
  const place = { address: '127.0.0.1', port: bosun.port, certificateAuthority: authority.pem };
  await assert.rejects(connect({ ...place, certificate, key }).shutdown(), { code: 'certificate-refused' });
  assert.ok(bosun.connections <= 3, String(bosun.connections));
});

test('a read is not repeated, and neither is a write that found nobody or was refused', async () => {
  await using bosun = await NetworkServer.start(undefined, {}, (_, response, number) => {
    if (number === 1) response.socket?.destroy();
    else answerJson(response, { code: 'not-allowed', detail: 'no', next: 'ask' }, 403);
  });
  const client = connect({ address: '127.0.0.1', port: bosun.port, plaintext: true });
  await assert.rejects(client.version(), BosunUnreachable);
  assert.equal(bosun.asked.length, 1);
  await assert.rejects(client.shutdown(), { name: 'BosunProblem', message: 'no' });
  assert.equal(bosun.asked.length, 2);
  const beganMs = performance.now();
  await assert.rejects(connect({ socketPath: '/nowhere/bosun.sock' }).shutdown(), { code: 'ENOENT' });
  assert.ok(performance.now() - beganMs < 50);
});

test('a write that is refused when it is repeated is told so at once', async () => {
  await using bosun = await NetworkServer.start(undefined, {}, (_, response, number) => {
    if (number === 1) response.socket?.destroy();
    else answerJson(response, { code: 'shutting-down', detail: 'too late', next: 'wait' }, 409);
  });
  const client = connect({ address: '127.0.0.1', port: bosun.port, plaintext: true });
  await assert.rejects(client.command('start', ['a']), { name: 'BosunProblem', message: 'too late' });
  assert.equal(bosun.asked.length, 2);
});

test('nobody being there may pass; a certificate stays what it is', () => {
  const away = (code: string): boolean =>
    isAway(new BosunUnreachable({ kind: 'socket', socketPath: '/x' }, { code, reason: code }));
  assert.ok(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].every(away));
  assert.ok(!['certificate-untrusted', 'fingerprint-changed', 'EACCES', 'not-bosun'].some(away));
});

test('a write over a restart of what answers: the attempts go on while nobody is there', async () => {
  const bosun = await NetworkServer.start(undefined, {}, (_, response) => {
    response.socket?.destroy();
    void restart();
  });
  const { port } = bosun;
  const restarted = Promise.withResolvers<NetworkServer>();
  const restart = async (): Promise<void> => {
    await bosun[Symbol.asyncDispose]();
    restarted.resolve(await NetworkServer.start(undefined, {}, breaking(0), port));
  };
  const answered = connect({ address: '127.0.0.1', port, plaintext: true }).shutdown();
  await using next = await restarted.promise;
  assert.deepEqual(await answered, DONE);
  assert.deepEqual(keysOf(next), keysOf(bosun));
});

test('a signal ends a call with its reason: while it connects, waits for the answer, or pauses', async () => {
  await using bosun = await NetworkServer.start(undefined, {}, (request, response) => {
    if (request.method === 'POST') response.socket?.destroy();
    else stop.abort(new Error('enough'));
  });
  const client = connect({ address: '127.0.0.1', port: bosun.port, plaintext: true });
  const stop = new AbortController();
  await assert.rejects(client.version({ signal: stop.signal }), { message: 'enough' });
  await assert.rejects(client.version({ signal: stop.signal }), { message: 'enough' });
  await assert.rejects(client.shutdown({ signal: AbortSignal.timeout(300) }), { name: 'TimeoutError' });
  assert.ok(bosun.asked.length < 6, 'it does not go on');
});

test('an answer that never comes is given up after 30 s more than Bosun was asked to wait', async (context) => {
  const asked = Promise.withResolvers<undefined>();
  await using bosun = await NetworkServer.start(undefined, {}, () => {
    asked.resolve(undefined);
  });
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const client = connect({ address: '127.0.0.1', port: bosun.port, plaintext: true });
  const answer = client.apply({ waitMs: 5000 });
  await asked.promise;
  context.mock.timers.tick(35_000);
  await assert.rejects(answer, { code: 'answer-timeout', message: /there was no answer within 35 s$/ });
  assert.equal(bosun.asked.length, 1);
});

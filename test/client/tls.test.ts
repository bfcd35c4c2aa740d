import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, mock, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { connect, BosunUnreachable, type ConnectOptions } from '../../supervisor/client.ts';
import { Authority, type Issued } from './support/authority.ts';
import { answerJson, NetworkServer, VERSION } from './support/network-server.ts';

let authority: Authority;
let stranger: Authority;
let server: Issued;
let named: Issued;
let expired: Issued;
let alice: Issued;
let expiredClient: Issued;
let unknownClient: Issued;

before(async () => {
  [authority, stranger] = await Promise.all([Authority.create(), Authority.create('stranger')]);
  [server, named, expired, alice, expiredClient, unknownClient] = await Promise.all([
    authority.issue({ subject: '/CN=server', names: ['IP:127.0.0.1'] }),
    authority.issue({ subject: '/CN=server' }),
    authority.issue({ subject: '/CN=server', names: ['IP:127.0.0.1'], days: -1 }),
    authority.issue({ subject: '/OU=observe/CN=alice' }),
    authority.issue({ subject: '/OU=observe/CN=bob', days: -1 }),
    stranger.issue({ subject: '/OU=admin/CN=mallory' }),
  ]);
});
after(() => {
  authority[Symbol.dispose]();
  stranger[Symbol.dispose]();
});

const mutual = (): object => ({ requestCert: true, rejectUnauthorized: true, ca: authority.pem });
const place = ({ port }: { readonly port: number }): { address: string; port: number } => ({
  address: '127.0.0.1',
  port,
});
const trusting = (at: { readonly port: number }) => ({ ...place(at), certificateAuthority: authority.pem });

/** It is refused with this code and sentence, and the server has got no request. */
async function refused(options: ConnectOptions, code: string, sentence: RegExp): Promise<void> {
  await assert.rejects(connect(options).version(), (error: unknown) => {
    assert.ok(error instanceof BosunUnreachable, String(error));
    assert.deepEqual([error.code, sentence.test(error.message)], [code, true], error.message);
    return true;
  });
}

test('mutual TLS 1.3: the server sees the certificate, the client the answer', async () => {
  let seen: unknown;
  await using bosun = await NetworkServer.start(server, mutual(), (request, response) => {
    assert.ok(request.socket instanceof TLSSocket);
    seen = [request.socket.getProtocol(), request.socket.getPeerCertificate().subject];
    answerJson(response, VERSION);
  });
  const { certificate, key } = alice;
  assert.deepEqual(await connect({ ...trusting(bosun), certificate, key }).version(), VERSION);
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), ['TLSv1.3', { OU: 'observe', CN: 'alice' }]);
  assert.equal(bosun.asked[0]?.headers.host, `127.0.0.1:${bosun.port}`);
});

test('a server of another authority, or one that has expired, is told nothing, the API key least of all', async () => {
  await using bosun = await NetworkServer.start(server);
  const apiKey = 'secret';
  await refused(
    { ...place(bosun), certificateAuthority: stranger.pem, apiKey },
    'certificate-untrusted',
    /is not from the authority that you trust$/,
  );
  await using old = await NetworkServer.start(expired);
  await refused({ ...trusting(old), apiKey }, 'certificate-expired', /has expired$/);
  assert.deepEqual([bosun.asked, old.asked], [[], []]);
});

test('the certificate has to be for the address, or for the name that was given', async () => {
  await using bosun = await NetworkServer.start(named);
  await refused(
    trusting(bosun),
    'name-mismatch',
    /for another name: IP: 127\.0\.0\.1 is not in the cert's list/,
  );
  await refused({ ...trusting(bosun), serverName: 'other' }, 'name-mismatch', /other/);
  assert.deepEqual(await connect({ ...trusting(bosun), serverName: 'server' }).version(), VERSION);
  assert.deepEqual(
    bosun.asked.map(({ headers }) => headers.host),
    [`server:${bosun.port}`],
  );
  await using other = await NetworkServer.start(server);
  assert.deepEqual(await connect(trusting(other)).version(), VERSION);
});

test('a client certificate of an unknown authority, one that has expired, or none: each is told', async () => {
  await using bosun = await NetworkServer.start(server, mutual());
  for (const { certificate, key } of [unknownClient, expiredClient])
    await refused(
      { ...trusting(bosun), certificate, key },
      'certificate-refused',
      /the server did not accept your certificate/,
    );
  await refused(
    trusting(bosun),
    'certificate-required',
    /want a certificate of yours|wants a certificate of yours/,
  );
  assert.deepEqual(bosun.asked, []);
});

test('a server that speaks TLS 1.2 only is refused', async () => {
  await using bosun = await NetworkServer.start(server, { maxVersion: 'TLSv1.2' });
  await refused(trusting(bosun), 'tls-version', /the server does not speak TLS 1\.3$/);
});

test('TLS to a plain port, and plain HTTP to a TLS port', async () => {
  await using plain = await NetworkServer.start(undefined);
  await refused(trusting(plain), 'not-tls', /does not speak TLS at this port$/);
  await using bosun = await NetworkServer.start(server);
  const failed: unknown = await connect({ ...place(bosun), plaintext: true })
    .version()
    .catch((error: unknown) => error);
  assert.ok(failed instanceof BosunUnreachable);
  assert.match(failed.message, /it may want TLS$/);
  assert.deepEqual(await connect({ ...place(plain), plaintext: true }).version(), VERSION);
});

test('nobody at the port; no such name', async () => {
  const closed = await NetworkServer.start(undefined);
  const at = { address: '127.0.0.1', port: closed.port };
  await closed[Symbol.asyncDispose]();
  await refused({ ...at, plaintext: true }, 'ECONNREFUSED', /nobody listens at this port \(ECONNREFUSED\)$/);
  await refused({ ...at, certificateAuthority: authority.pem }, 'ECONNREFUSED', /nobody listens/);
});

test('a server that accepts and says nothing is given up after 10 s', async () => {
  await using silent = createServer(() => undefined);
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const accepted = once(silent, 'connection');
    const waiting = refused(
      trusting(silent.address() as AddressInfo),
      'connect-timeout',
      /there was no connection within 10 s$/,
    );
    await accepted;
    mock.timers.tick(9999);
    mock.timers.tick(1);
    await waiting;
  } finally {
    mock.timers.reset();
  }
});

test('a signal ends a handshake that does not come to its end', async () => {
  await using silent = createServer(() => undefined);
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const stop = new AbortController();
  const waiting = connect(trusting(silent.address() as AddressInfo)).version({ signal: stop.signal });
  const [connection] = (await once(silent, 'connection')) as [Socket];
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, { message: 'enough' });
  if (!connection.readableEnded) await once(connection.resume(), 'close');
});

test('credentials that cannot be used are named as such', async () => {
  await using bosun = await NetworkServer.start(server, mutual());
  await refused(
    { ...trusting(bosun), certificate: alice.certificate, key: expiredClient.key },
    'bad-credentials',
    /the certificate, key or authority given cannot be used: .*key values mismatch/,
  );
});

test('a port of something else is not taken for Bosun', async () => {
  await using page = await NetworkServer.start(undefined, {}, (_, response) => {
    response.end('<html>');
  });
  await refused({ ...place(page), plaintext: true }, 'not-bosun', /is not Bosun: its answer is not JSON$/);
  await using other = await NetworkServer.start(undefined, {}, (_, response) => {
    answerJson(response, { error: 'not found' }, 404);
  });
  await refused(
    { ...place(other), plaintext: true },
    'not-bosun',
    /answers with 404 and no problem document$/,
  );
});

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { BosunUnreachable, connect, type BosunClient } from '../../supervisor/client.ts';
import { trustFirstUse } from '../../supervisor/client/known-hosts.ts';
import { Authority, type Issued } from './support/authority.ts';
import { NetworkServer, VERSION } from './support/network-server.ts';

let authority: Authority;
let stranger: Authority;
let first: Issued;
let second: Issued;
let directory: string;
let knownHosts: string;

before(async () => {
  authority = await Authority.create();
  stranger = await Authority.create('stranger');
  first = await authority.issue({ subject: '/CN=server' });
  second = await authority.issue({ subject: '/CN=server' });
  directory = mkdtempSync(join(tmpdir(), 'bosun-known-'));
});
after(() => {
  authority[Symbol.dispose]();
  stranger[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  rmSync(directory, { recursive: true });
  knownHosts = join(directory, 'bosun', 'known_hosts');
});

function client(port: number, said: string[] = []): BosunClient {
  const trustOnFirstUse = {
    knownHosts,
    onFirstUse: (fingerprint: string) => {
      said.push(fingerprint);
    },
  };
  return connect({ address: '127.0.0.1', port, apiKey: 'secret', trustOnFirstUse });
}

const fingerprintOf = ({ certificate }: Issued): string =>
  `sha256:${new X509Certificate(certificate).fingerprint256}`;

test('the first certificate is remembered, in a file of the user alone', async () => {
  await using bosun = await NetworkServer.start(first);
  const said: string[] = [];
  for (let call = 0; call < 2; call += 1) assert.deepEqual(await client(bosun.port, said).version(), VERSION);
  assert.deepEqual(said, [fingerprintOf(first)]);
  assert.equal(readFileSync(knownHosts, 'utf8'), `[127.0.0.1]:${bosun.port} ${fingerprintOf(first)}\n`);
  assert.deepEqual(
    [statSync(knownHosts).mode & 0o777, statSync(dirname(knownHosts)).mode & 0o777],
    [0o600, 0o700],
  );
});

test('another certificate at the same place is refused loudly, and is sent nothing', async () => {
  const bosun = await NetworkServer.start(first);
  const { port } = bosun;
  await client(port).version();
  await bosun[Symbol.asyncDispose]();
  await using other = await NetworkServer.start(second, {}, undefined, port);
  const said: string[] = [];
  await assert.rejects(client(port, said).version(), (error: unknown) => {
    assert.ok(error instanceof BosunUnreachable);
    assert.equal(error.code, 'fingerprint-changed');
    assert.match(error.message, /THE CERTIFICATE OF THE SERVER HAS CHANGED/);
    assert.ok(error.message.includes(fingerprintOf(first)) && error.message.includes(fingerprintOf(second)));
    return true;
  });
  assert.deepEqual([said, other.asked], [[], []]);
});

test('a server that is trusted on first use may still refuse the client, and that is told', async () => {
  const options = { requestCert: true, rejectUnauthorized: true, ca: authority.pem };
  await using bosun = await NetworkServer.start(first, options);
  const at = { address: '127.0.0.1', port: bosun.port, trustOnFirstUse: { knownHosts } };
  const { certificate, key } = await stranger.issue({ subject: '/OU=admin/CN=mallory' });
  for (let call = 0; call < 5; call += 1)
    await assert.rejects(connect({ ...at, certificate, key }).version(), { code: 'certificate-refused' });
});

test('a file with a line that cannot be read trusts nobody', async () => {
  await using bosun = await NetworkServer.start(first);
  await client(bosun.port).version();
  writeFileSync(knownHosts, `[127.0.0.1]:${bosun.port} sha256:torn`);
  await assert.rejects(client(bosun.port).version(), {
    code: 'known-hosts',
    message: /known_hosts:1: this is no line of/,
  });
  assert.equal(bosun.asked.length, 1);
});

test('twenty first uses at the same time: no line is lost; of one place, one certificate is the first', async () => {
  const trust = { kind: 'first-use', knownHosts } as const;
  const at = (port: number) =>
    ({
      kind: 'tls',
      address: '::1',
      port,
      serverName: undefined,
      identity: undefined,
      apiKey: undefined,
      trust,
    }) as const;
  const prints = [first, second].map(({ certificate }) => new X509Certificate(certificate).fingerprint256);
  await Promise.all(Array.from({ length: 20 }, (_, index) => trustFirstUse(at(index + 1), trust, prints[0])));
  const lines = readFileSync(knownHosts, 'utf8').trimEnd().split('\n');
  assert.equal(new Set(lines).size, 20);
  assert.ok(lines.every((line) => line.startsWith('[::1]:')));
  const both = await Promise.allSettled(
    prints.map(async (print) => {
      await trustFirstUse(at(99), trust, print);
    }),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

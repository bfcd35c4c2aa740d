// access: and listeners: of bosun.yaml: what becomes of them, and what is refused, with its place and what to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadResult } from '../../supervisor/config/load.ts';
import { capableMachine } from './capable-machine.ts';
import { load, type Files } from './loading.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\n';
const KEY = '-----BEGIN EC PRIVATE KEY-----\n';
const PRESENT: Files = {
  'services.d/web.yaml': 'command: [web]',
  'tls/server.crt': CERTIFICATE,
  'tls/server.key': KEY,
  'tls/ca.crt': CERTIFICATE,
  'tls/ca.crl': '-----BEGIN X509 CRL-----\n',
};
const TLS = 'tls: { certificate: tls/server.crt, key: tls/server.key }';

async function loadFleet(yaml: string, files: Files = {}): Promise<LoadResult> {
  return await load({ ...PRESENT, ...files, 'bosun.yaml': yaml }, {}, capableMachine);
}

async function accessOf(yaml: string): Promise<Extract<LoadResult, { kind: 'loaded' }>['access']> {
  const result = await loadFleet(yaml);
  assert.ok(result.kind === 'loaded', JSON.stringify(result, null, 2));
  assert.deepEqual(result.warnings, []);
  return result.access;
}

test('nothing said: nobody else on the socket, and no other listener', async () => {
  assert.deepEqual(await accessOf('shutdown: { budget: 9s }'), { socketRules: [], listeners: [] });
});

test('users and groups by name and by number', async () => {
  const { socketRules } = await accessOf(
    'access:\n  users: { web: control, 1001: observe }\n  groups: { video: admin, "77": observe }',
  );
  assert.deepEqual(socketRules, [
    { kind: 'uid', uid: 1001, role: 'observe' },
    { kind: 'uid', uid: 1000, role: 'control' },
    { kind: 'gid', gid: 77, role: 'observe' },
    { kind: 'gid', gid: 44, role: 'admin' },
  ]);
});

test('a listener with certificates of clients, its paths beside bosun.yaml', async () => {
  const { listeners } = await accessOf(
    `listeners:\n  remote:\n    address: 0.0.0.0\n    port: 9443\n    hosts: [bosun.example.com]\n    ${TLS}\n    clients:\n` +
      '      certificate_authority: tls/ca.crt\n      revocation_lists: [tls/ca.crl]\n      deny: [alice, "0a:1f", abc]\n',
  );
  const [remote] = listeners;
  assert.ok(remote?.authentication.kind === 'certificate');
  assert.deepEqual(
    { ...remote, authentication: undefined },
    {
      name: 'remote',
      address: '0.0.0.0',
      port: 9443,
      hosts: ['bosun.example.com'],
      authentication: undefined,
    },
  );
  const { server, certificateAuthority, revocationLists, denied } = remote.authentication;
  for (const path of [server.certificate, server.key, certificateAuthority, ...revocationLists])
    assert.match(path, /^\/.*\/tls\/(server\.crt|server\.key|ca\.crt|ca\.crl)$/);
  assert.deepEqual(denied, ['alice', '0a:1f', 'A1F', '0A1F', 'abc', 'ABC', '0ABC']);
});

test('keys and read-only, on the loopback address if not said otherwise', async () => {
  const { listeners } = await accessOf(
    'listeners: { keyed: { port: 9444, api_keys: true }, metrics: { port: 9100, read_only: true } }',
  );
  assert.deepEqual(
    listeners.map(({ name, address, authentication }) => [name, address, authentication]),
    [
      ['keyed', '127.0.0.1', { kind: 'api-key', server: undefined }],
      ['metrics', '127.0.0.1', { kind: 'none', server: undefined }],
    ],
  );
});

type Refusal = {
  readonly what: string;
  readonly yaml: string;
  readonly files?: Files;
  readonly said: readonly (readonly [message: string, remedy: RegExp])[];
};

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a user whom nobody knows',
    yaml: 'access:\n  users: { wep: control }\n',
    said: [['2:12 no user is called "wep" in /etc/passwd', /^Did you mean "web"\? .*its number/]],
  },
  {
    what: 'a group whom nobody knows',
    yaml: 'access:\n  groups:\n    stuff: observe\n',
    said: [['3:5 no group is called "stuff" in /etc/group', /"staff"/]],
  },
  {
    what: 'what is no role',
    yaml: 'access: { users: { web: operator } }\n',
    said: [['1:25 "operator" is not known here', /observe, control, admin/]],
  },
  {
    what: 'no way to say who one is',
    yaml: 'listeners:\n  a: { port: 9443 }\n',
    said: [['2:6 must have exactly one of clients, api_keys and read_only', /Keep clients/]],
  },
  {
    what: 'two ways',
    yaml: 'listeners:\n  a: { port: 9443, api_keys: true, read_only: true }\n',
    said: [['2:6 must have exactly one of clients, api_keys and read_only', /Keep clients/]],
  },
  {
    what: 'certificates of clients without one of the server',
    yaml: 'listeners:\n  a:\n    port: 9443\n    clients: { certificate_authority: tls/ca.crt }\n',
    said: [['4:14 clients has no meaning without tls', /Add tls/]],
  },
  {
    what: 'a name for an address, a port that is none, and a Host that is none',
    yaml: 'listeners:\n  a: { address: localhost, port: 70000, read_only: true, hosts: ["a b"] }\n',
    said: [
      ['2:17 "localhost" is not an IP address', /127\.0\.0\.1/],
      ['2:34 must be at most 65535', /port: 9443/],
      ['2:66 "a b" has a wrong form', /bosun\.example\.com/],
    ],
  },
  {
    what: 'read_only: false, which would be no protection',
    yaml: 'listeners:\n  a: { port: 9443, read_only: false }\n',
    said: [['2:31 can only be true', /remove it/]],
  },
  {
    what: 'one port for two',
    yaml: 'listeners:\n  a: { port: 9443, read_only: true }\n  b: { address: 0.0.0.0, port: 9443, read_only: true }\n',
    said: [['3:32 the listener "a" has port 9443 already', /another port/]],
  },
  {
    what: 'a key in the place of a certificate',
    yaml: `listeners:\n  a: { port: 9443, api_keys: true, tls: { certificate: tls/server.key, key: tls/server.key } }\n`,
    said: [['2:56 "', /Name a PEM file with a certificate/]],
  },
  {
    what: 'a directory in the place of a file',
    yaml: `listeners:\n  a: { port: 9443, api_keys: true, tls: { certificate: tls, key: tls/server.key } }\n`,
    said: [['2:56 "', /able to read it/]],
  },
];

for (const { what, yaml, files, said } of REFUSALS)
  test(`refused: ${what}`, async () => {
    const result = await loadFleet(yaml, files);
    assert.ok(result.kind === 'refused');
    const found = result.diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`);
    assert.equal(found.length, said.length, JSON.stringify(found));
    said.forEach(([message, remedy], index) => {
      assert.equal(found[index]?.slice(0, message.length), message);
      assert.match(result.diagnostics[index]?.remedy ?? '', remedy);
      assert.equal(result.diagnostics[index]?.file, 'bosun.yaml');
    });
  });

test('warned of: keys in the clear on the network, but not on the loopback address', async () => {
  const result = await loadFleet('listeners:\n  a: { address: 0.0.0.0, port: 9443, api_keys: true }\n');
  assert.ok(result.kind === 'loaded');
  const [warning] = result.warnings;
  assert.equal(warning?.severity, 'warning');
  assert.match(warning.message, /go over the network in the clear/);
  await accessOf('listeners: { a: { address: "::1", port: 9443, api_keys: true } }');
  await accessOf(`listeners: { a: { address: 0.0.0.0, port: 9443, api_keys: true, ${TLS} } }`);
});

test('warned of: a file that is not there yet, which a service may be about to write', async () => {
  const result = await loadFleet(
    'listeners:\n  a:\n    port: 9443\n    read_only: true\n    tls: { certificate: tls/late.crt, key: tls/server.key }\n',
  );
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(
    result.warnings.map(({ line, column, message }) => `${line}:${column} ${message.replace(/".*\//, '"')}`),
    ['5:25 there is no file "late.crt" yet'],
  );
});

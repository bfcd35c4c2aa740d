// `application` of a service: what it comes to, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApplicationSpec } from '../../supervisor/core/application-spec.ts';
import { load } from './loading.ts';
import { testRefusals } from './refusals.ts';

async function applicationOf(yaml: string): Promise<ApplicationSpec | undefined> {
  const result = await load({ 'services.d/it.yaml': `command: [a]\n${yaml}` });
  assert.ok(result.kind === 'loaded', JSON.stringify(result, null, 2));
  return result.spec.services[0]?.application;
}

test('without it there is none', async () => {
  assert.equal(await applicationOf(''), undefined);
});

test('everything that can be said; a path is as it is written when it is absolute', async () => {
  const written =
    'application: { url: "https://app:8443/config?x=1", key_file: /run/key, certificate_authority: /run/ca.pem, ' +
    'server_name: backend, socket: /run/app.sock, timeout: 3s, retry_for: 20s }';
  assert.deepEqual(await applicationOf(written), {
    url: 'https://app:8443/config?x=1',
    socketPath: '/run/app.sock',
    keyFile: '/run/key',
    authorityFile: '/run/ca.pem',
    serverName: 'backend',
    timeoutMs: 3000,
    retryMs: 20_000,
  });
});

test('the least that can be said; the files need not be there, and are beside the service file', async () => {
  const spec = await applicationOf(
    'application: { url: https://app/config, key_file: keys/key, certificate_authority: ../ca.pem }',
  );
  assert.match(spec?.keyFile ?? '', /^\/.*\/services\.d\/keys\/key$/);
  assert.equal(spec?.authorityFile, spec?.keyFile.replace('services.d/keys/key', 'ca.pem'));
  assert.deepEqual(
    [spec?.timeoutMs, spec?.retryMs, spec?.serverName, spec?.socketPath],
    [2000, 10_000, '', ''],
  );
});

for (const url of [
  'http://127.0.0.1:80/c',
  'http://127.8.9.1/c',
  'http://localhost/c',
  'http://[::1]:8080/c',
])
  test(`http to this very host needs no leave: ${url}`, async () => {
    assert.ok(await applicationOf(`application: { url: "${url}", key_file: /k }`));
  });

test('http over a Unix socket, and to another host when that is said', async () => {
  assert.ok(await applicationOf('application: { url: http://app/c, key_file: /k, socket: /run/a.sock }'));
  assert.ok(await applicationOf('application: { url: http://app/c, key_file: /k, plaintext: true }'));
});

const WHOLE_URL = 'Write the whole URL, such as https://backend:8443/config.';
const IN_THE_CLEAR = [
  'would send the key in the clear to another host',
  'Write an https URL; or plaintext: true, if nobody else is on the way.',
] as const;

testRefusals([
  {
    rule: 'an application without a key',
    yaml: 'application: { url: https://app/c }',
    said: [['2:1 "key_file" is missing', 'Add it. Example: key_file: /run/keys/api-key']],
  },
  {
    rule: 'a URL of another kind',
    yaml: 'application: { url: "ftp://app/c", key_file: /k }',
    said: [['2:21 is not an http or https URL', WHOLE_URL]],
  },
  {
    rule: 'a URL with a password, which is not repeated',
    yaml: 'application: { url: "https://me:pw@app/c", key_file: /k }',
    said: [['2:21 has a user in it', 'Remove it: the application knows Bosun by the key of key_file.']],
  },
  {
    rule: 'a URL with a fragment',
    yaml: 'application: { url: "https://app/c#x", key_file: /k }',
    said: [['2:21 has a fragment, which no server sees', 'Remove what begins with "#".']],
  },
  ...['http://app/c', 'http://127.0.0.1.example.com/c', 'http://10.0.0.1/c', 'http://[fd00::1]/c'].map(
    (url) => ({
      rule: `the key in the clear: ${url}`,
      yaml: `application: { url: "${url}", key_file: /k }`,
      said: [[`2:21 ${IN_THE_CLEAR[0]}`, IN_THE_CLEAR[1]]] as const,
    }),
  ),
  {
    rule: 'plaintext where there is none',
    yaml: 'application: { url: https://app/c, key_file: /k, plaintext: true }',
    said: [['2:61 has no effect: nothing goes in the clear to another host', 'Remove it.']],
  },
  {
    rule: 'an authority for what has no certificate',
    yaml: 'application: { url: http://localhost/c, key_file: /k, server_name: x }',
    said: [
      [
        '2:14 certificate_authority and server_name have no effect on an http URL',
        'Write an https URL, or remove them.',
      ],
    ],
  },
  {
    rule: 'a time that no client waits for',
    yaml: 'application: { url: https://app/c, key_file: /k, timeout: 11s, retry_for: 1m }',
    said: [
      ['2:59 is longer than 10s', 'Write 10s or less.'],
      ['2:75 is longer than 25s', 'Write 25s or less.'],
    ],
  },
  {
    rule: 'an attempt that may take longer than all of them',
    yaml: 'application: { url: https://app/c, key_file: /k, timeout: 3s, retry_for: 2s }',
    said: [['2:74 is shorter than timeout', 'Make it at least as long.']],
  },
  {
    rule: 'a relative socket',
    yaml: 'application: { url: http://localhost/c, key_file: /k, socket: app.sock }',
    said: [['2:63 "app.sock" is not an absolute path', 'Write the whole path, from "/".']],
  },
]);

// Whom an https probe trusts, against real servers with certificates of a test's own authority.
import assert from 'node:assert/strict';
import { once as event } from 'node:events';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ProbeAction, ProbeTls } from '../../supervisor/core/probe-spec.ts';
import { httpProbe } from '../../supervisor/probe/http.ts';
import type { Probe } from '../../supervisor/probe/probe.ts';
import { http, reason } from './support/actions.ts';
import { Certificates, type KeyPair } from './support/certificates.ts';

async function listen(t: TestContext, server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await event(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function answering(pair: KeyPair, sniNames: string[] = []): Server {
  return createServer(
    {
      ...pair,
      SNICallback: (name, done) => {
        sniNames.push(name);
        done(null);
      },
    },
    (_request, response) => response.end('ok'),
  );
}

function verified(authorityFile: string, serverName = ''): ProbeTls {
  return { verify: 'full', authorityFile, serverName };
}

function asking(
  port: number,
  tls: ProbeTls,
  more: Partial<Extract<ProbeAction, { kind: 'http' }>> = {},
): Probe {
  return httpProbe(http(`https://127.0.0.1:${port}/`, { tls, ...more }));
}

const REFUSED = /^GET https:\/\/127\.0\.0\.1:\d+\/: the certificate is refused: /;

test('without verification any certificate will do; with it only one of the named authority', async (t) => {
  using certificates = new Certificates();
  await certificates.authority('ours');
  await certificates.authority('theirs');
  const port = await listen(t, answering(await certificates.server('ours', ['IP:127.0.0.1'])));
  assert.equal(await reason(asking(port, { verify: 'none' })), '');
  assert.equal(await reason(asking(port, verified(certificates.path('ours.pem')))), '');
  for (const authority of [certificates.path('theirs.pem'), '']) {
    const probe = asking(port, verified(authority));
    const said = await reason(probe);
    assert.match(said, REFUSED);
    assert.match(said, /unable to verify the first certificate$/);
    assert.equal(await reason(probe), said);
  }
});

test('the certificate must be for the URL’s host, or for the server name that is declared', async (t) => {
  using certificates = new Certificates();
  await certificates.authority('ours');
  const names: string[] = [];
  const pair = await certificates.server('ours', ['DNS:app.example']);
  const port = await listen(t, answering(pair, names));
  const ours = certificates.path('ours.pem');
  assert.match(await reason(asking(port, verified(ours))), REFUSED);
  assert.match(
    await reason(asking(port, verified(ours, 'other.example'))),
    /other\.example\. is not in the cert/,
  );
  // A Host header does not say whom to trust.
  const hosted = { headers: { host: 'app.example' } };
  assert.match(await reason(asking(port, verified(ours), hosted)), REFUSED);
  assert.equal(await reason(asking(port, verified(ours, 'app.example'))), '');
  assert.equal(await reason(asking(port, { verify: 'none' }, hosted)), '');
  assert.deepEqual(names, ['other.example', 'app.example', 'app.example']);
});

test('an address can be the server name too', async (t) => {
  using certificates = new Certificates();
  await certificates.authority('ours');
  const names: string[] = [];
  const pair = await certificates.server('ours', ['IP:192.0.2.7']);
  const port = await listen(t, answering(pair, names));
  const ours = certificates.path('ours.pem');
  assert.equal(await reason(asking(port, verified(ours, '192.0.2.7'))), '');
  assert.match(await reason(asking(port, verified(ours))), REFUSED);
  assert.deepEqual(names, []);
});

test('an authority that cannot be read is a failure in words, and is read as soon as it can be', async (t) => {
  using certificates = new Certificates();
  await certificates.authority('ours');
  const port = await listen(t, answering(await certificates.server('ours', ['IP:127.0.0.1'])));
  const file = certificates.path('trusted.pem');
  const probe = asking(port, verified(file));
  assert.ok((await reason(probe)).endsWith(`: cannot read the authority file ${file}: ENOENT`));
  writeFileSync(file, 'not a certificate\n');
  assert.ok((await reason(probe)).endsWith(`: the authority file ${file} has no certificate in PEM form`));
  copyFileSync(certificates.path('ours.pem'), file);
  assert.equal(await reason(probe), '');
  rmSync(file);
  assert.equal(await reason(probe), '', 'it is read once');
});

test('an authority that is replaced together with the certificate is trusted from the next question on', async (t) => {
  using certificates = new Certificates();
  await certificates.authority('first');
  await certificates.authority('second');
  const server = answering(await certificates.server('first', ['IP:127.0.0.1']));
  const port = await listen(t, server);
  const file = certificates.path('trusted.pem');
  copyFileSync(certificates.path('first.pem'), file);
  const probe = asking(port, verified(file));
  assert.equal(await reason(probe), '');
  server.setSecureContext(await certificates.server('second', ['IP:127.0.0.1']));
  copyFileSync(certificates.path('second.pem'), file);
  assert.match(await reason(probe), REFUSED);
  assert.equal(await reason(probe), '');
});

test('what does not speak TLS is said to be so, in the same words each time', async (t) => {
  const plain = createTcpServer((socket) => {
    socket
      .on('error', () => undefined)
      .resume()
      .end('HTTP/1.1 200 OK\r\n\r\n');
  });
  const probe = asking(await listen(t, plain), { verify: 'none' });
  const said = await reason(probe);
  assert.match(said, /: no TLS connection \(\w+\)$/);
  assert.equal(await reason(probe), said);
});

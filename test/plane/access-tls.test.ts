// Mutual TLS on a real port with certificates of a real openssl: who is let in, who is not, why, and what is told of it.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import type { ListenerSpec } from '../../supervisor/core/control-access.ts';
import { Authority, type Issued, type Wish } from '../support/authority.ts';
import { within } from '../support/deadline.ts';
import { service } from './support/fleet-fixture.ts';
import { PlaneRig } from './support/plane-rig.ts';
import { refusal } from './support/refusals.ts';
import { ask, failureOf, originOf } from './support/remote.ts';

const directory = mkdtempSync(join(tmpdir(), 'bosun-tls-'));
let ours: Authority;
let theirs: Authority;
let server: Issued;
let ca: Buffer | string;

before(async () => {
  ours = await Authority.create(directory, 'ours');
  theirs = await Authority.create(directory, 'theirs');
  server = await ours.issue({
    subject: '/CN=bosun',
    names: 'IP:127.0.0.1,DNS:bosun.test',
    purpose: 'serverAuth',
  });
  ca = readFileSync(ours.certificate);
});
after(() => {
  rmSync(directory, { recursive: true });
});

type Extra = {
  readonly revocationLists?: readonly string[];
  readonly denied?: readonly string[];
  readonly certificateAuthority?: string;
  readonly server?: { readonly certificate: string; readonly key: string };
};

function mutual(extra: Extra = {}): ListenerSpec {
  return {
    name: 'remote',
    address: '127.0.0.1',
    port: 0,
    hosts: [],
    authentication: {
      kind: 'certificate',
      server,
      certificateAuthority: ours.certificate,
      revocationLists: [],
      denied: [],
      ...extra,
    },
  };
}

class Remote implements AsyncDisposable {
  readonly rig: PlaneRig;
  readonly origin: string;

  private constructor(rig: PlaneRig, origin: string) {
    this.rig = rig;
    this.origin = origin;
  }

  static async start(extra: Extra = {}): Promise<Remote> {
    const rig = await PlaneRig.start({
      services: [service('caddy')],
      settings: { listeners: [mutual(extra)] },
      engine: () => ({ kind: 'accepted', services: [] }),
    });
    return new Remote(rig, await originOf(rig, 'remote'));
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  as({ pem }: Issued): { ca: typeof ca; cert: string; key: string } {
    return { ca, ...pem };
  }

  /** The status of GET /v1/version, or why there was none. */
  async version(tls: ConnectionOptions): Promise<number | string> {
    let status: number | string = 0;
    const failure = await failureOf(
      ask(this.origin, '/v1/version', tls).then((answer) => {
        status = answer.status;
      }),
    );
    return failure === '' ? status : failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}

function client(wish: Partial<Wish> = {}): Promise<Issued> {
  return ours.issue({ subject: '/CN=alice/OU=observe', ...wish });
}

test('OU is the role and CN the name: observe reads, control also stops, admin may everything', async () => {
  await using remote = await Remote.start();
  const rights = async (role: string): Promise<readonly number[]> => {
    const tls = remote.as(await client({ subject: `/CN=${role}-robot/OU=${role}` }));
    const asked = [
      await ask(remote.origin, '/v1/services', tls),
      await ask(remote.origin, '/v1/services/caddy/stop', { ...tls, method: 'POST' }),
      await ask(remote.origin, '/v1/shutdown', { ...tls, method: 'POST' }),
    ];
    return asked.map(({ status }) => status);
  };
  assert.deepEqual(await rights('observe'), [200, 403, 403]);
  assert.deepEqual(await rights('control'), [200, 202, 403]);
  assert.deepEqual(await rights('admin'), [200, 202, 202]);
  const actors = remote.rig.all('command').map(({ command }) => command.actor);
  assert.deepEqual(actors, ['cert:control-robot', 'cert:admin-robot', 'cert:admin-robot']);
  const told = await refusal(remote.rig, ({ action }) => action === 'POST /v1/services/caddy/stop');
  assert.equal(told.transport, 'tls');
  assert.equal(told.peer, 'cert:observe-robot (127.0.0.1)');
  assert.equal(told.reason, 'it has the role observe, and control is needed');
});

type Intruder = {
  readonly who: string;
  readonly reason: string;
  readonly tls: () => Promise<ConnectionOptions>;
};

const DAY_MS = 86_400_000;

const INTRUDERS: readonly Intruder[] = [
  {
    who: 'a certificate of an unknown authority',
    reason: 'no authority that is trusted here has signed its certificate',
    tls: async () => ({ ca, ...(await theirs.issue({ subject: '/CN=eve/OU=admin' })).pem }),
  },
  {
    who: 'an expired certificate',
    reason: 'its certificate has expired',
    tls: async () => ({
      ca,
      ...(await client({ from: new Date(Date.now() - 2 * DAY_MS), until: new Date(Date.now() - DAY_MS) }))
        .pem,
    }),
  },
  {
    who: 'a certificate that is not yet valid',
    reason: 'its certificate is not yet valid',
    tls: async () => ({
      ca,
      ...(await client({ from: new Date(Date.now() + DAY_MS), until: new Date(Date.now() + 2 * DAY_MS) }))
        .pem,
    }),
  },
  { who: 'no certificate', reason: 'it showed no certificate', tls: () => Promise.resolve({ ca }) },
  {
    who: 'TLS 1.2',
    reason: 'it does not speak TLS 1.3',
    tls: async () => ({ ca, ...(await client()).pem, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
  },
  {
    who: "a server's certificate",
    reason: 'its certificate is not one for clients',
    tls: () => Promise.resolve({ ca, ...server.pem }),
  },
];

test('who has no good certificate does not come as far as HTTP, and is told of with the reason', async (t) => {
  await using remote = await Remote.start();
  for (const { who, reason, tls } of INTRUDERS)
    await t.test(who, async () => {
      const seen = await remote.version(await tls());
      assert.equal(typeof seen, 'string', `answered with ${seen}`);
      const told = await refusal(remote.rig, (event) => event.reason === reason);
      assert.deepEqual([told.transport, told.peer, told.action], ['tls', '127.0.0.1', 'connect']);
    });
  await t.test('HTTP without TLS', async () => {
    const socket = connectPlain(remote.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /v1/version HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'close');
    await refusal(remote.rig, ({ reason }) => reason === 'it speaks HTTP without TLS');
  });
  await t.test('random bytes', async () => {
    const socket = connectPlain(remote.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.alloc(600, 0x99));
    await once(socket, 'close');
    await refusal(remote.rig, ({ reason }) => reason === 'it does not speak TLS');
  });
  assert.equal(await remote.version(remote.as(await client())), 200);
});

const UNCLEAR: readonly (readonly [subject: string, reason: RegExp])[] = [
  ['/CN=alice', /no OU/],
  ['/CN=alice/OU=root', /is not a role/],
  ['/CN=alice/OU=Admin', /is not a role/],
  ['/CN=alice/OU=observe/OU=admin', /several OU/],
  ['/OU=admin', /exactly one CN/],
  ['/CN=alice/CN=root/OU=admin', /exactly one CN/],
];

test('a certificate that does not say clearly who it is for gives no role', async (t) => {
  await using remote = await Remote.start();
  for (const [subject, reason] of UNCLEAR)
    await t.test(subject, async () => {
      const answer = await ask(remote.origin, '/v1/version', remote.as(await client({ subject })));
      assert.equal(answer.status, 403);
      assert.equal(answer.json['code'], 'certificate-refused');
      assert.match(String(answer.json['detail']), reason);
      await refusal(remote.rig, (event) => reason.test(event.reason));
    });
});

test('who is on the deny list, by name or by serial number, is refused', async () => {
  const [byName, bySerial, other] = [
    await client({ subject: '/CN=mallory/OU=admin' }),
    await client(),
    await client(),
  ];
  await using remote = await Remote.start({ denied: ['mallory', bySerial.serial] });
  assert.equal(await remote.version(remote.as(byName)), 403);
  assert.equal(await remote.version(remote.as(bySerial)), 403);
  assert.equal(await remote.version(remote.as(other)), 200);
  await refusal(remote.rig, ({ reason }) => reason === 'its certificate is on the deny list');
});

/** A request on it that is never answered to its end: a stream. */
async function stream(remote: Remote, tls: ConnectionOptions): Promise<{ readonly ended: Promise<unknown> }> {
  const headers = { accept: 'text/event-stream' };
  const outgoing = request(new URL('/v1/events', remote.origin), { ...tls, agent: false, headers });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
  incoming.resume();
  // It is cut off, which is an error to whoever reads.
  incoming.on('error', () => undefined);
  const ended = new Promise((resolve) => incoming.once('close', resolve));
  return { ended };
}

async function reloaded(rig: PlaneRig, outcome: 'loaded' | 'kept', detail: RegExp): Promise<void> {
  await rig.until(
    () =>
      rig
        .all('note')
        .some(
          ({ event }) =>
            event.type === 'certificates-reloaded' && event.outcome === outcome && detail.test(event.detail),
        ),
    `certificates-reloaded, ${outcome}`,
  );
}

test('a certificate that is revoked while it is connected is cut off, and refused from then on', async () => {
  const list = join(directory, 'revoked.crl');
  writeFileSync(list, await ours.revocationList());
  const [revoked, other] = [await client(), await client({ subject: '/CN=bob/OU=observe' })];
  await using remote = await Remote.start({ revocationLists: [list] });
  const { ended } = await stream(remote, remote.as(revoked));
  assert.equal(await remote.version(remote.as(other)), 200);
  await ours.revoke(revoked);
  writeFileSync(`${list}.new`, await ours.revocationList());
  renameSync(`${list}.new`, list);
  await reloaded(remote.rig, 'loaded', /^1 connections were cut/);
  await within('the end of the stream', ended);
  assert.equal(typeof (await remote.version(remote.as(revoked))), 'string');
  await refusal(remote.rig, ({ reason }) => reason === 'its certificate is revoked');
  assert.equal(await remote.version(remote.as(other)), 200);
});

test('a connection ends with its certificate', async () => {
  const short = await client({ until: new Date(Date.now() + 4000) });
  await using remote = await Remote.start();
  const { ended } = await stream(remote, remote.as(short));
  await within('the end of the stream', ended);
  assert.ok(Date.now() >= Date.parse(certificateEnd(short)), 'not before its time');
  assert.equal(typeof (await remote.version(remote.as(short))), 'string');
});

function certificateEnd({ pem }: Issued): string {
  return new X509Certificate(pem.cert).validTo;
}

test('a session is not resumed: whoever comes again shows the certificate again', async () => {
  await using remote = await Remote.start();
  const tls = { ...remote.as(await client()), host: '127.0.0.1', port: remote.port };
  const visit = async (session?: Buffer): Promise<{ resumed: boolean; session: Buffer | undefined }> => {
    const socket = connect({ ...tls, ...(session === undefined ? {} : { session }) });
    let given: Buffer | undefined;
    socket.on('session', (fresh: Buffer) => (given = fresh));
    await once(socket, 'secureConnect');
    const resumed = socket.isSessionReused();
    socket.write('GET /v1/version HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    return { resumed, session: given };
  };
  const first = await visit();
  const second = await visit(first.session);
  assert.equal(second.resumed, false);
});

test('new certificates are taken at once, also as Kubernetes swaps them; broken ones are not', async () => {
  const volume = join(directory, 'volume');
  const fill = (name: string, files: Record<string, string>): void => {
    mkdirSync(join(volume, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(volume, name, file), text);
    symlinkSync(name, join(volume, '..data.new'));
    renameSync(join(volume, '..data.new'), join(volume, '..data'));
  };
  fill('..first', { 'tls.crt': server.pem.cert, 'tls.key': server.pem.key });
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(join('..data', file), join(volume, file));
  const mounted = { certificate: join(volume, 'tls.crt'), key: join(volume, 'tls.key') };
  await using remote = await Remote.start({ server: mounted });
  const tls = { ...remote.as(await client()), host: '127.0.0.1', port: remote.port };
  const shown = async (): Promise<string> => {
    const socket = connect(tls);
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  assert.equal(await shown(), server.serial);
  const { ended } = await stream(remote, remote.as(await client()));
  const next = await ours.issue({ subject: '/CN=bosun', names: 'IP:127.0.0.1', purpose: 'serverAuth' });
  fill('..second', { 'tls.crt': next.pem.cert, 'tls.key': server.pem.key });
  await reloaded(remote.rig, 'kept', /key values mismatch/);
  assert.equal(await shown(), server.serial);
  fill('..third', { 'tls.crt': next.pem.cert, 'tls.key': next.pem.key });
  await reloaded(remote.rig, 'loaded', /^$/);
  assert.equal(await shown(), next.serial);
  // Whom to trust has not changed, so nobody is cut off.
  const still = await Promise.race([ended.then(() => 'cut'), remote.version(tls)]);
  assert.equal(still, 200);
});

test('certificates that are not there yet are waited for, without looking again and again', async () => {
  const late = join(directory, 'late', 'tls');
  const files = { certificate: join(late, 'tls.crt'), key: join(late, 'tls.key') };
  await using rig = await PlaneRig.start({
    services: [service('caddy')],
    settings: { listeners: [mutual({ server: files })] },
  });
  await rig.until(
    () =>
      rig.all('note').some(({ event }) => event.type === 'listener-failed' && /ENOENT/.test(event.reason)),
    'listener-failed',
  );
  mkdirSync(late, { recursive: true });
  writeFileSync(files.key, server.pem.key);
  writeFileSync(files.certificate, server.pem.cert);
  assert.doesNotMatch(rig.output.toString(), /will not be seen/);
  const origin = await originOf(rig, 'remote');
  assert.equal((await ask(origin, '/v1/version', { ca, ...(await client()).pem })).status, 200);
});

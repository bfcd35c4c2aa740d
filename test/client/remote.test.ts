// The client against the real listeners of the control plane: who may come in, who may do what, and what those who may not are told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { BosunProblem, BosunUnreachable, connect, type BosunClient } from '../../supervisor/client.ts';
import { bosunctl } from '../cli/support/bosunctl.ts';
import { comesUp, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { within } from '../support/deadline.ts';
import { Authority, type Issued } from './support/authority.ts';

let authority: Authority;
let stranger: Authority;
let rig: PlaneRig;
let ports: Readonly<Record<'mutual' | 'keyed', number>>;
let clients: Readonly<Record<'observe' | 'control' | 'expired' | 'unknown', Issued>>;

before(async () => {
  [authority, stranger] = await Promise.all([Authority.create(), Authority.create('stranger')]);
  const issued = await Promise.all([
    authority.issue({ subject: '/CN=server' }),
    authority.issue({ subject: '/OU=observe/CN=alice' }),
    authority.issue({ subject: '/OU=control/CN=bob' }),
    authority.issue({ subject: '/OU=control/CN=carol', days: -1 }),
    stranger.issue({ subject: '/OU=admin/CN=mallory' }),
  ]);
  const [own, observe, control, expired, unknown] = issued;
  clients = { observe, control, expired, unknown };
  const server = { certificate: own.certificatePath, key: own.keyPath };
  const place = { address: '127.0.0.1', hosts: [] };
  // Fixed, so that the next control plane has the same.
  ports = { mutual: await freePort(), keyed: await freePort() };
  const mutual = { certificateAuthority: authority.path, revocationLists: [], denied: [] };
  rig = await PlaneRig.start({
    services: [service('consul')],
    history: comesUp('consul', 1),
    engine: (command) => ({ kind: 'accepted', services: 'services' in command ? command.services : [] }),
    settings: {
      listeners: [
        {
          ...place,
          name: 'mutual',
          port: ports.mutual,
          authentication: { kind: 'certificate', server, ...mutual },
        },
        { ...place, name: 'keyed', port: ports.keyed, authentication: { kind: 'api-key', server } },
      ],
    },
  });
  await listening(1);
});
after(async () => {
  authority[Symbol.dispose]();
  stranger[Symbol.dispose]();
  await rig[Symbol.asyncDispose]();
});

async function freePort(): Promise<number> {
  await using server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Of both listeners, this many times up to now. */
async function listening(times: number): Promise<void> {
  const lines = /listener \w+: https:/g;
  await rig.until(() => rig.output.toString().match(lines)?.length === 2 * times, 'the listeners');
}

function by(who: keyof typeof clients): BosunClient {
  const { certificate, key } = clients[who];
  return connect({ ...trusting('mutual'), certificate, key });
}

function trusting(name: keyof typeof ports) {
  const certificateAuthority = authority.pem;
  return { address: '127.0.0.1', port: ports[name], certificateAuthority, serverName: 'server' };
}

async function rejected(work: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await work.then(
    () => assert.fail('it was not refused'),
    (failure: unknown) => failure,
  );
  if (error instanceof BosunProblem) return ['problem', error.problem.code];
  assert.ok(error instanceof BosunUnreachable, String(error));
  return ['unreachable', error.code];
}

test('observe may look and follow, and is refused a start; control may start', async () => {
  assert.equal((await by('observe').services()).services[0]?.name, 'consul');
  for await (const streamed of by('observe').followEvents({ after: 0 })) {
    assert.equal(streamed.kind === 'event' && streamed.event.id, 1);
    break;
  }
  assert.deepEqual(await rejected(by('observe').command('start', ['consul'])), ['problem', 'role-too-low']);
  assert.equal((await by('control').command('start', ['consul'], { waitMs: 5000 })).outcome, 'reached');
  assert.deepEqual(await rejected(by('control').keys.list()), ['problem', 'role-too-low']);
});

test('an expired certificate, one of an unknown authority, and none', async () => {
  assert.deepEqual(await rejected(by('expired').services()), ['unreachable', 'certificate-refused']);
  assert.deepEqual(await rejected(by('unknown').services()), ['unreachable', 'certificate-refused']);
  assert.deepEqual(await rejected(connect(trusting('mutual')).services()), [
    'unreachable',
    'certificate-required',
  ]);
});

test('an API key comes in with its role, and with its revocation goes', async () => {
  const local = connect({ socketPath: rig.socketPath });
  const { id, key: apiKey } = await local.keys.create({ name: 'ci', role: 'observe' });
  const remote = connect({ ...trusting('keyed'), apiKey });
  assert.equal((await remote.version()).api, 'v1');
  assert.deepEqual(await rejected(remote.shutdown()), ['problem', 'role-too-low']);
  assert.deepEqual(await rejected(connect(trusting('keyed')).version()), ['problem', 'key-required']);
  await local.keys.revoke(id);
  assert.deepEqual(await rejected(remote.version()), ['problem', 'key-refused']);
});

test('a follower over TLS goes on over the death of the control plane', async () => {
  const ids: number[] = [];
  const first = Promise.withResolvers<undefined>();
  const last = rig.recorder.lastId;
  const following = (async () => {
    for await (const streamed of by('observe').followEvents({ after: last })) {
      ids.push(streamed.kind === 'event' ? streamed.event.id : -1);
      first.resolve(undefined);
      if (ids.length === 6) return;
    }
  })();
  rig.emit(comesUp('consul', 7));
  await within('an event', first.promise);
  rig.crash();
  await rig.message('worker-exit');
  rig.emit(comesUp('consul', 8));
  await rig.restartWorker();
  await within('the rest', following);
  assert.deepEqual(
    ids,
    ids.map((_, index) => last + 1 + index),
  );
});

test('bosunctl over the network: what it may, and one line for what it may not, with 5', async () => {
  const { certificatePath, keyPath } = clients.observe;
  const words = [
    '-a',
    '127.0.0.1',
    '-p',
    String(ports.mutual),
    '-C',
    authority.path,
    '--server-name',
    'server',
  ];
  const alice = [...words, '-c', certificatePath, '-k', keyPath];
  assert.match((await bosunctl(['status', ...alice])).stdout, /^consul +running/m);
  const refused = await bosunctl(['start', 'consul', ...alice]);
  assert.deepEqual([refused.code, refused.stdout], [5, '']);
  assert.match(refused.stderr, /^bosunctl: .*role/);
});

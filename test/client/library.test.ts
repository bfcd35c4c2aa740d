// The library as a program uses it, by the name of the package; and what its types refuse, which the type check holds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BosunProblem,
  BosunUnreachable,
  connect,
  type BosunClient,
  type CommandView,
  type ConnectOptions,
  type KeysView,
  type NewKeyView,
  type ProblemCode,
  type ServicesView,
  type ServiceView,
  type StreamedEvent,
} from 'bosun/client';
import { comesUp, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';

let rig: PlaneRig;
let bosun: BosunClient;

before(async () => {
  rig = await PlaneRig.start({
    services: [service('consul')],
    history: comesUp('consul', 1),
    engine: (command) => ({ kind: 'accepted', services: 'services' in command ? command.services : [] }),
  });
  bosun = connect({ socketPath: rig.socketPath });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

test('asks, commands and streams by the name of the package', async () => {
  const all: ServicesView = await bosun.services();
  const one: ServiceView = await bosun.service('consul');
  assert.deepEqual(
    all.services.map(({ name }) => name),
    [one.name],
  );
  const done: CommandView = await bosun.command('start', ['consul'], {
    waitMs: 5000,
    idempotencyKey: 'boot-1',
  });
  assert.equal(done.outcome, 'reached');
  const seen: StreamedEvent[] = [];
  for await (const streamed of bosun.followEvents({ after: 0, services: ['consul'] })) {
    seen.push(streamed);
    if (seen.length === 2) break;
  }
  assert.ok(seen.every((streamed) => streamed.kind === 'event' && streamed.event.service === 'consul'));
  const made: NewKeyView = await bosun.keys.create({ name: 'ci', role: 'control' });
  const { keys }: KeysView = await bosun.keys.list();
  assert.ok(keys.some(({ id }) => id === made.id));
});

test('a failure is one of two classes', async () => {
  const failure: unknown = await bosun.service('ghost').catch((error: unknown) => error);
  assert.ok(failure instanceof BosunProblem);
  const code: ProblemCode = failure.problem.code;
  assert.equal(code, 'service-not-found');
  const nobody = connect({ socketPath: '/nowhere/bosun.sock' });
  await assert.rejects(nobody.version(), BosunUnreachable);
});

test('a port that is none is refused at once', () => {
  for (const port of [0, 65_536, 1.5, NaN])
    assert.throws(() => connect({ address: '::1', port, plaintext: true }), {
      name: 'TypeError',
      message: `${port} is no port`,
    });
});

/** Never called: it is there for the type check. */
export function typeCheck(): void {
  const place = { address: 'bosun.internal', port: 8443 } as const;
  const authority = { certificateAuthority: '-----BEGIN CERTIFICATE-----' } as const;
  const good: readonly ConnectOptions[] = [
    { socketPath: '/run/bosun/bosun.sock' },
    { ...place, plaintext: true, apiKey: 'key' },
    { ...place, ...authority, apiKey: 'key' },
    { ...place, ...authority, certificate: 'PEM', key: Buffer.from('PEM'), serverName: 'server' },
    { ...place, trustOnFirstUse: { knownHosts: '/home/alice/.config/bosun/known_hosts' } },
  ];
  good.map(connect);
  // @ts-expect-error nothing says where
  connect({});
  // @ts-expect-error the port is missing
  connect({ address: 'bosun.internal', ...authority });
  // @ts-expect-error nothing says why to trust the server
  connect({ ...place, apiKey: 'key' });
  // @ts-expect-error a certificate needs its key
  connect({ ...place, ...authority, certificate: 'PEM' });
  // @ts-expect-error a key needs its certificate
  connect({ ...place, ...authority, key: 'PEM' });
  // @ts-expect-error one of the two
  connect({ ...place, ...authority, trustOnFirstUse: { knownHosts: 'x' } });
  // @ts-expect-error no TLS, no authority
  connect({ ...place, ...authority, plaintext: true });
  // @ts-expect-error two places
  connect({ socketPath: '/run/bosun/bosun.sock', ...place, plaintext: true });
  // @ts-expect-error there is no such verb
  void bosun.command('begin', ['consul']);
  // @ts-expect-error there is no such role
  void bosun.keys.create({ name: 'ci', role: 'root' });
  // @ts-expect-error milliseconds are a number
  void bosun.apply({ waitMs: '10s' });
  void bosun.services().then(({ services: [first] }) => {
    // @ts-expect-error states are a closed set
    return first?.state === 'up';
  });
}

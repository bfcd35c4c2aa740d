// Bosun in one network namespace, its clients in another, a veth pair between them, certificates of openssl(1): what each may, and
// that every refusal is an event.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import { Authority, type Issued } from '../support/authority.ts';
import { Container } from '../support/container.ts';
import { eventsOf } from '../support/ctl-events.ts';
import { until, within } from '../support/deadline.ts';
import { OutputLines } from '../support/output-lines.ts';

const run = promisify(execFile);
const mayRun = process.getuid?.() === 0 ? {} : { skip: 'only root can make network namespaces' };

/** Names of one run of this file; a test beside it has others. */
const SERVER = `bosun-s-${process.pid}`;
const CLIENT = `bosun-c-${process.pid}`;
const LINK = `bv${process.pid % 100_000}`;
/** Of documentation, RFC 5737: no real network has it. */
const SERVER_ADDRESS = '192.0.2.1';
const CLIENT_ADDRESS = '192.0.2.2';
const PORT = 9443;
const ORIGIN = `https://${SERVER_ADDRESS}:${PORT}`;
const BOSUNCTL = resolve(import.meta.dirname, '../../bin/bosunctl');
const DAY_MS = 86_400_000;

const directory = mkdtempSync(join(tmpdir(), 'bosun-mtls-'));
let ours: Authority;
let theirs: Authority;

async function ip(...words: readonly string[]): Promise<void> {
  await run('ip', words);
}

before(async () => {
  if ('skip' in mayRun) return;
  ours = await Authority.create(directory, 'ours');
  theirs = await Authority.create(directory, 'theirs');
  for (const name of [SERVER, CLIENT]) await ip('netns', 'add', name);
  await ip(
    'link',
    'add',
    `${LINK}s`,
    'netns',
    SERVER,
    'type',
    'veth',
    'peer',
    'name',
    `${LINK}c`,
    'netns',
    CLIENT,
  );
  for (const [name, link, address] of [
    [SERVER, `${LINK}s`, SERVER_ADDRESS],
    [CLIENT, `${LINK}c`, CLIENT_ADDRESS],
  ] as const) {
    await ip('-n', name, 'address', 'add', `${address}/30`, 'dev', link);
    for (const up of [link, 'lo']) await ip('-n', name, 'link', 'set', up, 'up');
  }
});

after(async () => {
  rmSync(directory, { recursive: true });
  // With a namespace goes its end of the pair, and with that the other.
  for (const name of [SERVER, CLIENT]) await ip('netns', 'delete', name).catch(() => undefined);
});

type Answer = { readonly status: number; readonly text: string; readonly error: string };

const as = ({ certificate, key }: Issued): readonly string[] => ['--cert', certificate, '--key', key];

function curlWords(words: readonly string[]): readonly string[] {
  return ['netns', 'exec', CLIENT, 'curl', '-sS', '--cacert', ours.certificate, ...words];
}

/** curl(1) in the clients' namespace; status 0 when there was no answer. */
async function curl(method: string, path: string, words: readonly string[]): Promise<Answer> {
  const request = ['-X', method, '-w', '\n%{http_code}', '--max-time', '8', `${ORIGIN}${path}`];
  const asked = run('ip', curlWords([...words, ...request]));
  const { stdout, stderr } = await asked.catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  const cut = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(cut + 1)), text: stdout.slice(0, cut), error: stderr.trim() };
}

async function start(): Promise<Container> {
  const server = await ours.issue({
    subject: '/CN=bosun',
    names: `IP:${SERVER_ADDRESS}`,
    purpose: 'serverAuth',
  });
  const fleet = {
    listeners: {
      remote: {
        address: '0.0.0.0',
        port: PORT,
        tls: { certificate: server.certificate, key: server.key },
        clients: { certificate_authority: ours.certificate },
      },
    },
  };
  const container = new Container({
    inside: ['ip', 'netns', 'exec', SERVER],
    services: { web: 'command: [sleep, "100000"]\n' },
    // What is JSON is YAML.
    fleet: JSON.stringify(fleet),
  });
  await container.stdout.line((line) => line.includes(`listener remote: https://0.0.0.0:${PORT}`));
  return container;
}

/** As the operator sees them, by the socket. */
async function refusals(container: Container): Promise<readonly EventView[]> {
  return (await eventsOf(container)).filter(({ type }) => type === 'access-refused');
}

async function refused(container: Container, action: string, reason: RegExp): Promise<EventView> {
  return await until(`a refusal of ${action} with ${String(reason)}`, async () =>
    (await refusals(container)).find(
      ({ details }) => details['action'] === action && reason.test(String(details['reason'])),
    ),
  );
}

test('observe may ask and stream from another network, and is refused start and stop', mayRun, async () => {
  await using container = await start();
  const observer = as(await ours.issue({ subject: '/CN=alice/OU=observe' }));
  const controller = as(await ours.issue({ subject: '/CN=robot/OU=control' }));
  const status = await curl('GET', '/v1/services/web', observer);
  assert.equal(status.status, 200, status.error);
  assert.match(status.text, /"state":"running"/);

  const streaming = ['-N', ...observer, '-H', 'accept: text/event-stream', `${ORIGIN}/v1/events?after=0`];
  const child = spawn('ip', curlWords(streaming), { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const stream = new OutputLines(child.stdout);
    await stream.line((line) => line === 'event: booted');
    for (const verb of ['start', 'stop']) {
      const answer = await curl('POST', `/v1/services/web/${verb}`, observer);
      assert.equal(answer.status, 403, answer.error);
      assert.match(answer.text, /"code":"role-too-low"/);
      assert.match(answer.text, /takes the role control, and cert:alice has the role observe/);
      const event = await refused(
        container,
        `POST /v1/services/web/${verb}`,
        /role observe, and control is needed/,
      );
      assert.equal(event.actor, 'cert:alice');
      assert.equal(event.details['peer'], `cert:alice (${CLIENT_ADDRESS})`);
    }
    // Whoever may not stop it sees in the stream that it was refused, and that somebody else may.
    await stream.line((line) => line === 'event: access-refused');
    assert.equal((await curl('POST', '/v1/services/web/stop?wait=5s', controller)).status, 200);
    await stream.line((line) => line.includes('"type":"wanted"') && line.includes('"actor":"cert:robot"'));
  } finally {
    child.kill();
  }
});

type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** bosunctl(1) in the clients' namespace. */
async function bosunctl(who: Issued, ...words: readonly string[]): Promise<Ran> {
  const remote = ['-a', SERVER_ADDRESS, '-p', String(PORT), '-C', ours.certificate];
  const identity = ['-c', who.certificate, '-k', who.key];
  const argv = ['netns', 'exec', CLIENT, BOSUNCTL, ...remote, ...identity, ...words];
  return await run('ip', argv, { timeout: 20_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ran,
  );
}

test('bosunctl does the same from there, and says in one line what it may not', mayRun, async () => {
  await using container = await start();
  const observer = await ours.issue({ subject: '/CN=alice/OU=observe' });
  const controller = await ours.issue({ subject: '/CN=robot/OU=control' });
  const status = await bosunctl(observer, 'status');
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /web +running/);
  const stop = await bosunctl(observer, 'stop', 'web');
  assert.equal(stop.code, 5, stop.stdout);
  assert.match(
    stop.stderr,
    /^bosunctl: This takes the role control, and cert:alice has the role observe\.\n/,
  );
  await refused(container, 'POST /v1/commands', /role observe/);
  const stopped = await bosunctl(controller, 'stop', 'web');
  assert.equal(stopped.code, 0, stopped.stderr);
  const stranger = await bosunctl(await theirs.issue({ subject: '/CN=eve/OU=admin' }), 'status');
  assert.notEqual(stranger.code, 0);
  await refused(container, 'connect', /no authority/);
});

test(
  'an unknown authority, an expired certificate, TLS 1.2 and no certificate are refused',
  mayRun,
  async (t) => {
    await using container = await start();
    const expired = { from: new Date(Date.now() - 2 * DAY_MS), until: new Date(Date.now() - DAY_MS) };
    const good = await ours.issue({ subject: '/CN=alice/OU=admin' });
    const intruders: readonly (readonly [who: string, words: readonly string[], reason: RegExp])[] = [
      [
        'an unknown authority',
        as(await theirs.issue({ subject: '/CN=eve/OU=admin' })),
        /^no authority that is trusted here/,
      ],
      [
        'an expired certificate',
        as(await ours.issue({ subject: '/CN=alice/OU=admin', ...expired })),
        /^its certificate has expired$/,
      ],
      ['TLS 1.2', [...as(good), '--tls-max', '1.2'], /^it does not speak TLS 1\.3$/],
      ['no certificate', [], /^it showed no certificate$/],
    ];
    for (const [who, words, reason] of intruders)
      await t.test(who, async () => {
        const answer = await curl('GET', '/v1/services', words);
        assert.equal(answer.status, 0, answer.text);
        assert.notEqual(answer.error, '');
        const event = await refused(container, 'connect', reason);
        assert.equal(event.details['peer'], CLIENT_ADDRESS);
        assert.equal(event.details['transport'], 'tls');
        await container.stdout.line((line) => line.includes(`refused connect to ${CLIENT_ADDRESS}`));
      });
    const allowed = await curl('POST', '/v1/shutdown', as(good));
    assert.equal(allowed.status, 202, allowed.error);
    assert.equal((await within('the end', container.end())).code, 0);
  },
);

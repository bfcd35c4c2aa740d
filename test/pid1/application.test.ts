// bosunctl config, from the command line to a real application over TLS and back, through a real Bosun.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FollowingCtl } from '../cli/support/bosunctl.ts';
import { KEY, Pki, VALUES } from '../plane/application/support/channel-rig.ts';
import { call } from '../plane/support/http.ts';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { ApplicationNews } from '../../supervisor/client/application-stream.ts';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { SettingsApplication } from '../support/settings-application.ts';

let pki: Pki;
before(async () => {
  pki = await Pki.make();
});
after(() => {
  pki[Symbol.dispose]();
});

/** Of a machine that has much else to do. */
const START_MS = 60_000;

type Stage = AsyncDisposable & { readonly application: SettingsApplication; readonly bosun: Container };

async function stage(more = ''): Promise<Stage> {
  const application = await SettingsApplication.start(pki.server.pem, KEY, VALUES);
  const keyFile = join(pki.directory, `key-${application.port}`);
  writeFileSync(keyFile, `${KEY}\n`);
  const bosun = new Container({
    services: {
      backend:
        'command: [sleep, "100000"]\napplication:\n' +
        `  url: ${application.url()}\n  key_file: ${keyFile}\n  certificate_authority: ${pki.authority.certificate}\n${more}`,
      plain: 'command: [sleep, "100000"]\n',
    },
    fleet: 'access: { users: { 65534: observe } }\n',
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
    options: ['--state-dir', join(pki.directory, `state-${application.port}`)],
  });
  await until('the control socket', () => existsSync(bosun.socket), START_MS);
  return {
    application,
    bosun,
    async [Symbol.asyncDispose]() {
      await bosun[Symbol.asyncDispose]();
      await application[Symbol.asyncDispose]();
    },
  };
}

async function events(bosun: Container): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await bosun.ctl('events', '--json', '--service', 'backend');
  const { events: all } = JSON.parse(stdout) as { events: Record<string, unknown>[] };
  return all.filter(({ type }) => String(type).startsWith('application-'));
}

test('settings are shown, changed and shown again, and each change is an event', async () => {
  await using ready = await stage();
  const { bosun } = ready;
  const before = await bosun.ctl('config', 'get', 'backend');
  assert.equal(before.code, 0, before.stderr);
  assert.deepEqual(before.stdout.split('\n'), [
    'KEY                             VALUE',
    'feature.beta                    false',
    'greeting.text                   "hello there"',
    'pool.size                       4',
    'rate_limit.requests_per_second  0',
    '',
  ]);
  const set = await bosun.ctl(
    'config',
    'set',
    'backend',
    'pool.size=8',
    'feature.beta=true',
    'greeting.text=hi',
  );
  assert.deepEqual([set.code, set.stderr], [0, '']);
  assert.equal(
    set.stdout,
    'pool.size: 4 -> 8\nfeature.beta: false -> true\ngreeting.text: "hello there" -> hi\nbackend is at revision 2\n',
  );
  assert.equal(
    (await bosun.ctl('config', 'get', 'backend', 'pool.size')).stdout,
    'KEY        VALUE\npool.size  8\n',
  );
  const json = JSON.parse((await bosun.ctl('config', 'get', 'backend', '--json')).stdout) as object;
  assert.deepEqual(json, {
    service: 'backend',
    revision: 2,
    values: { ...VALUES, 'pool.size': 8, 'feature.beta': true, 'greeting.text': 'hi' },
    masked: [],
  });
  const [event, ...more] = await events(bosun);
  assert.deepEqual(more, []);
  assert.deepEqual([event?.['actor'], event?.['type']], ['uid:0', 'application-changed']);
  assert.deepEqual(event?.['details'], {
    revision: 2,
    changes: [
      { key: 'pool.size', old: 4, new: 8 },
      { key: 'feature.beta', old: false, new: true },
      { key: 'greeting.text', old: 'hello there', new: 'hi' },
    ],
  });
  const rebuilt = await call(bosun.socket, '/v1/views/rebuild', { method: 'POST' });
  assert.deepEqual([rebuilt.status, rebuilt.json['differences']], [200, []], rebuilt.text);
  await until('the line in the log', () =>
    bosun.stdout.text.includes('backend was told by uid:0: pool.size: 4 -> 8'),
  );
});

test('what goes wrong is told in a sentence, by exit code, and as an event', async (t) => {
  await using ready = await stage('  timeout: 500ms\n  retry_for: 1s\n');
  const { bosun, application } = ready;
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['get', 'bakend'], 4, /There is no service "bakend"\. Did you mean "backend"\?/],
    [['get', 'plain'], 1, /plain has no `application` in its file/],
    [['get', 'backend', 'pool.sise'], 2, /has no setting "pool\.sise"\.\s+Did you mean "pool\.size"\?/],
    [['set', 'backend', 'pool.size'], 2, /"pool\.size" is not KEY=VALUE/],
    [['set', 'backend', 'pool.size=1', 'pool.size=2'], 2, /pool\.size is given twice/],
    [['set', 'backend', 'pool size=1'], 2, /is not\s+the key of a setting/],
    [['set', 'backend'], 2, /missing required argument/],
    [['set', 'backend', 'pool.sise=3'], 1, /pool\.sise: is not known \(Did you mean\s+"pool\.size"\?\)/],
    [['watch', 'backend', 'pool.sise'], 2, /has no setting "pool\.sise"/],
  ];
  for (const [words, code, sentence] of cases)
    await t.test(`config ${words.join(' ')}`, async () => {
      const ran = await bosun.ctl('config', ...words);
      assert.match(ran.stderr, sentence);
      assert.deepEqual([ran.code, ran.stdout], [code, '']);
      for (const line of ran.stderr.split('\n')) assert.ok(line.length <= 80, line);
    });
  application.key = 'another';
  const refused = await bosun.ctl('config', 'set', 'backend', 'pool.size=3');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /it answered 401 to the key/);
  await application.goAway();
  const away = await bosun.ctl('config', 'get', 'backend', '--json');
  assert.equal(away.code, 1);
  assert.equal(
    (JSON.parse(away.stderr) as { error: { code: string } }).error.code,
    'application-unreachable',
  );
  await bosun.ctl('stop', 'backend');
  const stopped = await bosun.ctl('config', 'get', 'backend');
  assert.deepEqual([stopped.code, /backend is stopped/.test(stopped.stderr)], [3, true], stopped.stderr);
  const failed = (await events(bosun)).map(({ type, details }) => [type, (details as { code: string }).code]);
  assert.deepEqual(failed, [
    ['application-change-failed', 'application-refused-value'],
    ['application-change-failed', 'application-refused-key'],
  ]);
});

test('a watch shows what there is, each change, and when the application is away', async () => {
  await using ready = await stage('  timeout: 9s\n');
  const { bosun, application } = ready;
  await bosun.ctl('health');
  await using watch = new FollowingCtl(['--socket', bosun.socket, 'config', 'watch', 'backend', 'pool.size']);
  await using json = new FollowingCtl(['--socket', bosun.socket, 'config', 'watch', 'backend', '--json']);
  await watch.outputWith('pool.size = 4\n');
  await json.outputWith('"kind":"values"');
  await bosun.ctl('config', 'set', 'backend', 'pool.size=8', 'feature.beta=true');
  await watch.outputWith('pool.size: 4 -> 8 (revision 2)\n');
  await application.goAway();
  await watch.outputWith('bosunctl: backend: no good answer');
  application.change({ 'pool.size': 9 });
  await application.listen();
  await watch.outputWith('bosunctl: backend answers again\n');
  await watch.outputWith('pool.size: 8 -> 9 (revision 3)\n');
  assert.ok(!watch.output.includes('feature.beta'));
  await json.outputWith('"old":8');
  const kinds = json.output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  assert.deepEqual(kinds, ['values', 'change', 'away', 'back', 'change']);
  await bosun.signal('SIGTERM');
  assert.deepEqual([await watch.exited, await json.exited], [0, 0]);
});

test('a watch and a change go on when the control plane dies in the middle, and the change is made once', async () => {
  await using ready = await stage();
  const { bosun, application } = ready;
  await bosun.ctl('health');
  const client = new BosunClient(bosun.socket);
  const stop = new AbortController();
  const heard: ApplicationNews[] = [];
  const watching = (async () => {
    for await (const news of client.applications.watch('backend', { signal: stop.signal })) heard.push(news);
  })().catch(() => undefined);
  await until('the settings', () => heard.length === 1);
  await until('a request that waits', () => application.seen.some(({ url }) => url.includes('wait=')));
  application.meet('fine', 'silent');
  const changing = client.applications.change('backend', { 'pool.size': 8 });
  await until('the change to be sent', () => application.seen.some(({ fault }) => fault === 'silent'));
  await bosun.signal('SIGUSR2');
  const done = await changing;
  assert.deepEqual(done.changes, [{ key: 'pool.size', old: 4, new: 8 }]);
  await until('the change in the watch', () => heard.some(({ kind }) => kind === 'change'));
  stop.abort();
  await watching;
  assert.deepEqual(
    heard.map(({ kind }) => kind),
    ['values', 'change'],
  );
  const patches = application.seen.filter(({ method }) => method === 'PATCH');
  assert.equal(new Set(patches.map(({ idempotencyKey }) => idempotencyKey)).size, 1);
  assert.ok(patches.length > 1);
  assert.equal(application.effects.length, 1);
  assert.deepEqual(
    (await events(bosun)).map(({ type }) => type),
    ['application-changed'],
  );
});

test('a change that is under way when the container is stopped is told, and stands in the journal', async () => {
  await using ready = await stage('  timeout: 9s\n');
  const { bosun, application } = ready;
  await bosun.ctl('health');
  application.meet('fine', 'silent');
  const setting = bosun.ctl('config', 'set', 'backend', 'pool.size=8');
  await until('the change to be sent', () => application.seen.some(({ fault }) => fault === 'silent'));
  await bosun.signal('SIGTERM');
  const { code, stderr } = await setting;
  assert.equal(code, 1, stderr);
  assert.match(
    stderr.replaceAll(/\s+/g, ' '),
    /was being asked when Bosun had to end\. Whether the change was made is not known/,
  );
  assert.equal((await bosun.end()).code, 0);
  assert.match(bosun.stdout.text, /backend was perhaps told by uid:0: pool\.size: 8/);
  const kept = filesIn(join(pki.directory, `state-${application.port}`, 'journal'));
  assert.ok(kept.some((text) => text.includes('application-change-failed')));
});

test('the same request with the same Idempotency-Key is answered the same way, and done once', async () => {
  await using ready = await stage();
  const { bosun, application } = ready;
  await bosun.ctl('health');
  const options = {
    method: 'PATCH',
    headers: { 'idempotency-key': 'k' },
    body: '{"values":{"pool.size":8}}',
  };
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => call(bosun.socket, '/v1/services/backend/application', options)),
  );
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.deepEqual([application.effects.length, (await events(bosun)).length], [1, 1]);
});

test('who may only look may read and not change anything', async () => {
  await using ready = await stage();
  const { bosun, application } = ready;
  const made = await bosun.ctl('health');
  assert.equal(made.code, 0, made.stderr);
  const path = '/v1/services/backend/application';
  const read = await call(bosun.socket, path);
  assert.deepEqual([read.status, read.headers['etag']], [200, '"1"']);
  const asNobody = async (...words: readonly string[]): Promise<{ code: number; stderr: string }> =>
    await new Promise((resolve) => {
      const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
      const ctl = ['bin/bosunctl', '--socket', bosun.socket, 'config', ...words];
      execFile('setpriv', [...nobody, ...ctl], { timeout: 20_000 }, (error, _stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
      });
    });
  assert.equal((await asNobody('get', 'backend')).code, 0);
  const denied = await asNobody('set', 'backend', 'pool.size=8');
  assert.equal(denied.code, 5, denied.stderr);
  assert.deepEqual([application.effects, await events(bosun)], [[], []]);
  const { stdout: refused } = await bosun.ctl('events', '--json', '--type', 'access-refused');
  assert.match(refused, /PATCH \/v1\/services\/backend\/application/);
  for (const body of [
    '{"values":{}}',
    '{"values":{"a":[1]}}',
    '{"values":{"__proto__":1}}',
    '{"a":1}',
    '[]',
  ]) {
    const wrong = await call(bosun.socket, path, { method: 'PATCH', body });
    assert.deepEqual([wrong.status, wrong.json['code']], [400, 'bad-request'], body);
  }
});

test('the key is nowhere but where it has to be', async () => {
  await using ready = await stage('  timeout: 500ms\n  retry_for: 1s\n');
  const { bosun, application } = ready;
  application.values = { ...application.values, echo: KEY };
  const said: string[] = [];
  for (const words of [
    ['config', 'get', 'backend'],
    ['config', 'get', 'backend', '--json'],
    ['config', 'set', 'backend', 'pool.size=5'],
    ['config', 'set', 'backend', 'nothing=5', '--json'],
    ['status', 'backend', '--json'],
    ['plan', '--json'],
    ['why', 'backend'],
  ]) {
    const { stdout, stderr } = await bosun.ctl(...words);
    said.push(stdout, stderr);
  }
  application.refuses = () => `not with ${KEY}`;
  const last = await bosun.ctl('config', 'set', 'backend', 'pool.size=6', '--json');
  application.key = 'another';
  const denied = await bosun.ctl('config', 'set', 'backend', 'pool.size=6');
  said.push(last.stdout, last.stderr, denied.stderr, (await bosun.ctl('events', '--json')).stdout);
  assert.match(last.stderr, /not with \*\*\*/);
  assert.equal((await events(bosun)).length, 4);
  await bosun.signal('SIGTERM');
  await bosun.end();
  said.push(
    bosun.stdout.text,
    bosun.stderr.text,
    ...filesIn(join(pki.directory, `state-${application.port}`)),
  );
  assert.ok(said.some((text) => text.includes('application-changed')));
  for (const text of said) assert.ok(!text.includes(KEY.slice(0, 12)), text.slice(0, 2000));
});

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'));
}

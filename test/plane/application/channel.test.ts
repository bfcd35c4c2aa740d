// What Bosun asks of an application, what it makes of the answers, and what it tells of it, against a real server over TLS.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { until, within } from '../../support/deadline.ts';
import { SettingsApplication, type Fault } from '../../support/settings-application.ts';
import { ChannelRig, KEY, Pki, VALUES } from './support/channel-rig.ts';

let pki: Pki;
before(async () => {
  pki = await Pki.make();
});
after(() => {
  pki[Symbol.dispose]();
});

test('all settings are read, with the key and over a checked connection', async () => {
  await using rig = await ChannelRig.start(pki);
  const settings = await rig.read();
  assert.ok(!('kind' in settings), JSON.stringify(settings));
  assert.deepEqual([settings.revision, Object.fromEntries(settings.values)], [1, VALUES]);
  assert.deepEqual(
    rig.application.seen.map(({ method, url, key }) => [method, url, key]),
    [['GET', '/config', KEY]],
  );
  assert.deepEqual(rig.notes, []);
});

test('a change is made, and is an event with what it was and is, by whom and at which revision', async () => {
  await using rig = await ChannelRig.start(pki);
  const done = await rig.set({ 'rate_limit.requests_per_second': 50, 'feature.beta': true }, 'c-1');
  const changes = [
    { key: 'rate_limit.requests_per_second', old: 0, new: 50 },
    { key: 'feature.beta', old: false, new: true },
  ];
  assert.deepEqual(done, { kind: 'changed', revision: 2, changes, eventId: 1 });
  assert.deepEqual(rig.notes, [
    {
      event: { type: 'application-changed', service: 'backend', revision: 2, changes },
      author: { actor: 'uid:0', command: 'c-1' },
    },
  ]);
  const patch = rig.application.seen.find(({ method }) => method === 'PATCH');
  assert.deepEqual([patch?.actor, patch?.idempotencyKey], ['uid:0', 'c-1']);
});

const BREAKS: readonly (readonly [string, readonly Fault[]])[] = [
  ['the connection breaks before it is done', ['fine', 'before-effect', 'before-effect']],
  ['the connection breaks in the middle of the answer', ['fine', 'after-effect', 'after-effect']],
  ['a read before it breaks', ['before-effect', 'after-effect']],
  ['it is overloaded', ['fine', { status: 503 }, { status: 500 }, { status: 429 }, { status: 409 }]],
  ['an attempt is not answered at all', ['fine', 'silent']],
  ['it answers 502 after it was done', ['fine', 'after-effect', { status: 502 }]],
];

for (const [what, faults] of BREAKS) {
  test(`${what}: the change is made once, with one key, and one event tells of it`, async () => {
    await using rig = await ChannelRig.start(pki);
    rig.application.meet(...faults);
    const done = await rig.set({ 'pool.size': 8 });
    assert.equal(done.kind, 'changed', JSON.stringify(done));
    assert.deepEqual(
      rig.application.effects.map(({ values }) => values),
      [{ 'pool.size': 8 }],
    );
    assert.equal(rig.application.values['pool.size'], 8);
    const patches = rig.application.seen.filter(({ method }) => method === 'PATCH');
    assert.ok(rig.application.seen.length > faults.length - 1);
    assert.deepEqual([...new Set(patches.map(({ idempotencyKey }) => idempotencyKey))], ['command-1']);
    assert.deepEqual(
      rig.notes.map(({ event }) => event.type),
      ['application-changed'],
    );
  });
}

test('an application that is away for a moment and comes back is reached', async () => {
  await using rig = await ChannelRig.start(pki);
  await rig.application.goAway();
  const reading = rig.read();
  await until('the second attempt', () => rig.attempted >= 2);
  await rig.application.listen();
  const settings = await within('the answer', reading);
  assert.ok(!('kind' in settings), JSON.stringify(settings));
});

test('Retry-After is waited for, and one that is too long is not', async () => {
  await using rig = await ChannelRig.start(pki, { retryMs: 5000 });
  rig.application.meet({ status: 503, headers: { 'retry-after': '1' } });
  const beganMs = performance.now();
  assert.ok(!('kind' in (await rig.read())));
  assert.ok(performance.now() - beganMs >= 1000, 'it came back before it was asked to');
  rig.application.meet({ status: 429, headers: { 'retry-after': '60' } });
  const seen = rig.application.seen.length;
  const { code, reason } = await rig.refusal(rig.read());
  assert.deepEqual([code, rig.application.seen.length], ['application-unreachable', seen + 1]);
  assert.match(reason, /answered 429, and asks to be left alone for 60 s/);
});

test('it gives up in time, and says what was tried, and that nothing was sent', async () => {
  await using rig = await ChannelRig.start(pki, { retryMs: 1500 });
  await rig.application.goAway();
  const beganMs = performance.now();
  const refused = await rig.refusal(rig.set({ 'pool.size': 8 }));
  assert.ok(performance.now() - beganMs < 2500);
  assert.deepEqual([refused.code, refused.effect], ['application-unreachable', 'none']);
  assert.match(
    refused.reason,
    /no good answer from https:\/\/localhost:\d+\/config in \d+ attempts: .*ECONNREFUSED/,
  );
  const [note] = rig.notes;
  assert.deepEqual(note?.event, {
    type: 'application-change-failed',
    service: 'backend',
    changes: [{ key: 'pool.size', new: 8 }],
    effect: 'none',
    code: refused.code,
    reason: refused.reason,
  });
});

test('what was sent and never answered may have been done, and that is said', async () => {
  await using rig = await ChannelRig.start(pki, { timeoutMs: 200, retryMs: 900 });
  rig.application.meet('fine', ...Array.from({ length: 20 }, () => 'silent' as const));
  const { code, effect, reason } = await rig.refusal(rig.set({ 'pool.size': 8 }));
  assert.deepEqual([code, effect], ['application-unreachable', 'unknown']);
  assert.match(reason, /did not answer in time/);
});

for (const status of [401, 404])
  test(`what was sent may have been done, though another attempt is answered ${status}`, async () => {
    await using rig = await ChannelRig.start(pki);
    rig.application.meet('fine', 'after-effect', { status });
    const { effect } = await rig.refusal(rig.set({ 'pool.size': 8 }));
    assert.deepEqual([effect, rig.application.effects.length], ['unknown', 1]);
  });

test('where nobody can be there, one attempt is all', async () => {
  await using rig = await ChannelRig.start(pki);
  await rig.application.goAway();
  rig.attempts = 'one';
  assert.match((await rig.refusal(rig.read())).reason, /in one attempt: .*ECONNREFUSED/);
});

const WRONG: readonly (readonly [Fault, RegExp])[] = [
  ['no-json', /its answer is not JSON in UTF-8/],
  ['no-utf8', /its answer is not JSON in UTF-8/],
  ['wrong-types', /its answer is not \{"revision": 7, .*: values\.pool\.size/],
  ['too-large', /larger than 1048576 bytes/],
  [{ status: 404 }, /it answered 404/],
  [
    { status: 302, headers: { location: 'https://elsewhere.invalid/' } },
    /it answered 302 \(redirects are not followed\)/,
  ],
  [{ status: 422, body: 'no' }, /answered 422 and does not say what is wrong/],
  ['revision-back', /its revision went back from 1 to 0/],
];

for (const [fault, reason] of WRONG) {
  test(`an answer that was not agreed upon is not tried again: ${JSON.stringify(fault)}`, async () => {
    await using rig = await ChannelRig.start(pki);
    rig.application.meet('fine', fault);
    const refused = await rig.refusal(rig.set({ 'pool.size': 8 }));
    assert.deepEqual([refused.code, refused.effect], ['application-answer-invalid', 'unknown']);
    assert.match(refused.reason, reason);
    assert.equal(rig.application.seen.length, 2);
    assert.deepEqual(
      rig.notes.map(({ event }) => event.type),
      ['application-change-failed'],
    );
  });
}

test('what the application refuses is told by key, with the key that was meant', async () => {
  await using rig = await ChannelRig.start(pki);
  const refused = await rig.refusal(rig.set({ 'rate_limit.request_per_second': 5 }));
  assert.deepEqual([refused.code, refused.effect], ['application-refused-value', 'none']);
  assert.match(refused.reason, /is not known \(Did you mean "rate_limit\.requests_per_second"\?\)/);
  assert.deepEqual([rig.application.effects, rig.notes.length], [[], 1]);
});

test('a key that was replaced is used at once, also one that is replaced in between', async () => {
  await using rig = await ChannelRig.start(pki);
  rig.writeKey('another-key-of-the-application');
  assert.equal((await rig.refusal(rig.read())).code, 'application-refused-key');
  rig.application.key = 'another-key-of-the-application';
  assert.ok(!('kind' in (await rig.read())));
  // It is replaced after it was read and before it is refused.
  const { application } = rig;
  application.key = 'the-third-key';
  const push = application.seen.push.bind(application.seen);
  application.seen.push = (...items) => {
    rig.writeKey('the-third-key');
    return push(...items);
  };
  assert.ok(!('kind' in (await rig.read())));
});

test('files that cannot be used are named, and nothing is sent', async (t) => {
  const cases: readonly (readonly [string, (rig: ChannelRig) => void, RegExp])[] = [
    [
      'no key file',
      (rig) => {
        setSpec(rig, { keyFile: join(rig.directory, 'none') });
      },
      /none cannot be read: ENOENT/,
    ],
    [
      'an empty key file',
      (rig) => {
        rig.writeKey('\n');
      },
      /key is empty/,
    ],
    [
      'a key of two lines',
      (rig) => {
        rig.writeKey('secret-one\nsecret-two\n');
      },
      /does not hold one line of visible ASCII/,
    ],
    [
      'a key file without end',
      (rig) => {
        setSpec(rig, { keyFile: '/dev/zero' });
      },
      /\/dev\/zero is no regular file/,
    ],
    [
      'a huge key file',
      (rig) => {
        rig.writeKey('x'.repeat(9000));
      },
      /is longer than 8192 bytes/,
    ],
    [
      'a FIFO that nobody writes to',
      (rig) => {
        execFileSync('mkfifo', [join(rig.directory, 'fifo')]);
        setSpec(rig, { keyFile: join(rig.directory, 'fifo') });
      },
      /fifo is no regular file/,
    ],
    [
      'a directory as authority',
      (rig) => {
        mkdirSync(join(rig.directory, 'ca'));
        setSpec(rig, { authorityFile: join(rig.directory, 'ca') });
      },
      /ca is no regular file/,
    ],
    [
      'an authority that is none',
      (rig) => {
        writeFileSync(join(rig.directory, 'ca.pem'), 'hello');
        setSpec(rig, { authorityFile: join(rig.directory, 'ca.pem') });
      },
      /ca\.pem holds no certificate in PEM form/,
    ],
  ];
  for (const [what, spoil, reason] of cases)
    await t.test(what, async () => {
      await using rig = await ChannelRig.start(pki);
      spoil(rig);
      const refused = await rig.refusal(rig.set({ 'pool.size': 8 }));
      assert.deepEqual([refused.code, refused.effect], ['application-file-unusable', 'none']);
      assert.match(refused.reason, reason);
      assert.ok(!refused.reason.includes('secret-one'));
      assert.deepEqual(rig.application.seen, []);
    });
});

function setSpec(rig: ChannelRig, more: Partial<NonNullable<ChannelRig['spec']>>): void {
  if (rig.spec !== undefined) rig.spec = { ...rig.spec, ...more };
}

test('a certificate that is not trusted is refused at once, and the key is not sent', async (t) => {
  const { Authority } = await import('../../support/authority.ts');
  const stranger = await Authority.create(pki.directory, 'stranger');
  const expired = await pki.issue('DNS:localhost', new Date(Date.now() - 60_000));
  const elsewhere = await pki.issue('DNS:elsewhere');
  const cases: readonly (readonly [string, (rig: ChannelRig) => void, RegExp])[] = [
    [
      'another authority',
      (rig) => {
        setSpec(rig, { authorityFile: stranger.certificate });
      },
      /certificate is refused: /,
    ],
    [
      'another authority, though the environment would have it otherwise',
      (rig) => {
        process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
        setSpec(rig, { authorityFile: stranger.certificate });
      },
      /certificate is refused: /,
    ],
    [
      'the usual authorities',
      (rig) => {
        setSpec(rig, { authorityFile: '' });
      },
      /certificate is refused: /,
    ],
    [
      'an expired one',
      (rig) => {
        rig.application.use(expired.pem);
      },
      /certificate has expired/,
    ],
    [
      'one of another host',
      (rig) => {
        rig.application.use(elsewhere.pem);
      },
      /localhost.*DNS:elsewhere/,
    ],
    [
      'one without the name that is asked for',
      (rig) => {
        setSpec(rig, { serverName: 'backend' });
      },
      /backend/,
    ],
  ];
  for (const [what, spoil, reason] of cases)
    await t.test(what, async () => {
      await using rig = await ChannelRig.start(pki);
      spoil(rig);
      const refused = await rig.refusal(rig.set({ 'pool.size': 8 }));
      assert.deepEqual([refused.code, refused.effect], ['application-untrusted', 'none'], refused.reason);
      assert.match(refused.reason, reason);
      assert.deepEqual(rig.application.seen, []);
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    });
  await t.test('the name that is asked for, and an address', async () => {
    await using rig = await ChannelRig.start(pki);
    rig.application.use(elsewhere.pem);
    setSpec(rig, { serverName: 'elsewhere' });
    assert.ok(!('kind' in (await rig.read())));
    rig.application.use(pki.server.pem);
    setSpec(rig, { serverName: '', url: rig.application.url('127.0.0.1') });
    assert.ok(!('kind' in (await rig.read())));
  });
});

test('without TLS, over a port of this host or a Unix socket', async () => {
  await using rig = await ChannelRig.start(pki);
  await using plain = await SettingsApplication.start(undefined, KEY, VALUES);
  setSpec(rig, { url: `http://127.0.0.1:${plain.port}/config?of=app`, authorityFile: '' });
  assert.ok(!('kind' in (await rig.read())));
  const socketPath = join(rig.directory, 'app.sock');
  await plain.move(socketPath);
  setSpec(rig, { url: 'http://backend/config', socketPath });
  assert.equal((await rig.set({ 'pool.size': 8 })).kind, 'changed');
  assert.deepEqual(
    plain.seen.map(({ url, key }) => [url, key]),
    [
      ['/config?of=app', KEY],
      ['/config', KEY],
      ['/config', KEY],
    ],
  );
  setSpec(rig, { retryMs: 300, socketPath: join(rig.directory, 'nobody.sock') });
  assert.match(
    (await rig.refusal(rig.read())).reason,
    /from http:\/\/backend\/config on \S+nobody\.sock in .*ENOENT/,
  );
});

test('the key is in nothing that Bosun says, though the application repeats it', async () => {
  await using rig = await ChannelRig.start(pki, { retryMs: 1000 });
  const said: unknown[] = [];
  const { application } = rig;
  application.values = { ...application.values, echo: `you sent ${KEY}`, [`x-${KEY}`]: 1 };
  const settings = await rig.read();
  said.push('kind' in settings ? settings : [...settings.values]);
  application.refuses = () => `no ${KEY}`;
  said.push(await rig.set({ 'pool.size': 9 }), rig.notes);
  const escaped = JSON.stringify({ errors: [{ key: KEY, message: KEY }] }).replaceAll('/', '\\/');
  application.meet('fine', { status: 422, body: escaped });
  said.push(await rig.set({ 'pool.size': 9 }), rig.notes);
  for (const status of [500, 404, 403, 400]) {
    application.meet('fine', ...Array.from({ length: 9 }, () => ({ status, body: KEY })));
    said.push(await rig.set({ 'pool.size': 9 }), rig.notes);
  }
  const text = JSON.stringify(said);
  assert.ok(text.includes('***'));
  assert.ok(!text.includes(KEY) && !text.includes(KEY.slice(0, 12)), text);
});

test('values that look like secrets are masked in events and answers, and reach the application', async () => {
  await using rig = await ChannelRig.start(pki);
  rig.application.values = { 'db.password': 'old-secret', 'token_bucket.size': 3, 'auth.enabled': true };
  const done = await rig.set({ 'db.password': 12_345_678, 'token_bucket.size': 5, 'auth.enabled': false });
  const changes = [
    { key: 'db.password', old: '***', new: '***' },
    { key: 'token_bucket.size', old: 3, new: 5 },
    { key: 'auth.enabled', old: true, new: false },
  ];
  assert.deepEqual('changes' in done ? done.changes : done, changes);
  assert.deepEqual(rig.notes[0]?.event.changes, changes);
  assert.equal(rig.application.values['db.password'], 12_345_678);
});

test('changes come one after the other, each with what was before it', async () => {
  await using rig = await ChannelRig.start(pki);
  const all = await Promise.all([1, 2, 3, 4, 5].map((size) => rig.set({ 'pool.size': size })));
  const seen = all.map((done) => ('changes' in done ? done.changes[0] : done));
  assert.deepEqual(
    seen,
    [4, 1, 2, 3, 4].map((old, index) => ({ key: 'pool.size', old, new: index + 1 })),
  );
});

test('a change that is under way when Bosun ends is told', async () => {
  await using rig = await ChannelRig.start(pki, { timeoutMs: 5000, retryMs: 6000 });
  rig.application.meet('fine', 'silent');
  const changing = rig.refusal(rig.set({ 'pool.size': 8 }));
  while (rig.application.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
  rig.closing.abort();
  const { code, effect, reason } = await within('the end', changing, 1000);
  assert.deepEqual([code, effect], ['application-unreachable', 'unknown']);
  assert.match(reason, /was being asked when Bosun had to end/);
  assert.equal(rig.notes.length, 1);
});

test('a name of a person goes along as a header can hold it', async () => {
  await using rig = await ChannelRig.start(pki);
  await rig.channel.change({ 'pool.size': 8 }, { actor: 'cert:Jürgen \ud800', command: 'c' });
  assert.equal(rig.application.seen.at(-1)?.actor, 'cert:J%C3%BCrgen %EF%BF%BD');
});

// /config of the example's backend: who may, what it takes and refuses, that no change is lost, and that waiting works. With the real
// gunicorn, two workers.
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as z from 'zod';
import { eventually } from '../stack/eventually.ts';
import { within } from '../support/deadline.ts';
import { settingsIn, SutProcess } from './support/sut-process.ts';

const refusal = z.strictObject({
  errors: z.array(z.strictObject({ key: z.string(), message: z.string().min(10) })).min(1),
});

function keysRefused(body: string): readonly string[] {
  return refusal.parse(JSON.parse(body)).errors.map((error) => error.key);
}

describe('the configuration of the example’s backend', () => {
  let sut: SutProcess;

  before(async () => {
    sut = await SutProcess.start();
  });

  after(async () => {
    await sut[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    await sut.reset();
  });

  describe('who may', () => {
    it('answers everybody at /api and nobody without the key at /config', async () => {
      assert.equal((await sut.ask('/api/hello')).status, 200);
      for (const path of [
        '/config',
        '/config/',
        '/config/schema',
        '/config/nothing',
        '/config?after=1&wait=9',
      ])
        for (const method of ['GET', 'PATCH', 'DELETE'])
          assert.equal((await sut.ask(path, { method })).status, 401, `${method} ${path}`);
    });

    it('refuses a wrong key, a part of the key, an empty one and two of them', async () => {
      const { key } = sut;
      for (const wrong of ['x', key.slice(0, -1), `${key}x`, '', key.toLowerCase(), [key, key]])
        assert.equal(
          (await sut.ask('/config', { headers: { 'X-API-Key': wrong } })).status,
          401,
          String(wrong),
        );
      assert.equal((await sut.askConfig()).status, 200);
    });

    it('says in its audit trail who was refused, and never the key', async () => {
      await sut.ask('/config/refused-here', { headers: { 'X-API-Key': 'a-wrong-key' } });
      const refused = sut.audit().filter((line) => line['path'] === '/config/refused-here');
      assert.deepEqual(
        refused.map(({ reason, address, method }) => ({ reason, address, method })),
        [{ reason: 'wrong key', address: '127.0.0.1', method: 'GET' }],
      );
      assert.ok(!sut.output().includes(sut.key));
      assert.ok(!sut.output().includes('a-wrong-key'));
    });

    it('takes a new key as soon as the file has it, and the old one no more', async () => {
      const old = sut.key;
      const replace = (key: string): void => {
        writeFileSync(join(sut.directory, 'keys/new'), `${key}\n`);
        renameSync(join(sut.directory, 'keys/new'), join(sut.directory, 'keys/api-key'));
      };
      const fresh = 'another-key-of-the-same-backend';
      replace(fresh);
      assert.equal((await sut.ask('/config', { headers: { 'X-API-Key': fresh } })).status, 200);
      assert.equal((await sut.ask('/config', { headers: { 'X-API-Key': old } })).status, 401);
      replace(old);
      assert.equal((await sut.askConfig()).status, 200);
    });
  });

  describe('what it takes', () => {
    it('describes every key, and begins with the defaults', async () => {
      const keys = await sut.schema();
      const { values } = await sut.settings();
      assert.deepEqual(Object.fromEntries(keys.map((key) => [key.name, key.default])), values);
      for (const key of keys.filter(({ type }) => type !== 'boolean'))
        assert.ok((key.minimum ?? NaN) < (key.maximum ?? NaN), key.name);
    });

    it('answers a change with the new whole, its revision one higher, as everybody sees it then', async () => {
      const { revision, values } = await sut.settings();
      const answer = await sut.patch({ 'pool.size': 3, 'feature.item_prices': true });
      const changed = settingsIn(answer);
      assert.deepEqual(changed, {
        revision: revision + 1,
        values: { ...values, 'pool.size': 3, 'feature.item_prices': true },
      });
      assert.equal(answer.headers.etag, `"${revision + 1}"`);
      // New connections: some of them are another worker's.
      for (let i = 0; i < 10; i += 1) assert.deepEqual(await sut.settings(), changed);
    });

    it('tells in its audit trail who has changed what', async () => {
      const revision = (await sut.settings()).revision + 1;
      await sut.patch({ 'pool.size': 4, 'pool.wait_ms': 1000 }, { 'X-Actor': 'uid:1000 (mate)' });
      const lines = sut.audit().filter((line) => line['revision'] === revision);
      assert.deepEqual(
        lines.map(({ audit, actor, key, old, new: now }) => ({ audit, actor, key, old, now })),
        [{ audit: 'changed', actor: 'uid:1000 (mate)', key: 'pool.size', old: 10, now: 4 }],
      );
    });

    it('makes no revision of a change that changes nothing', async () => {
      const before = await sut.set({ 'pool.size': 5 });
      assert.deepEqual(await sut.set({ 'pool.size': 5 }), before);
    });

    it('refuses a change whole, and says for each key what is wrong', async () => {
      const before = await sut.settings();
      const answer = await sut.patch({
        'pool.size': 7,
        'workers.count': 0,
        'failure.error_rate': 1.5,
        'pool.wait_ms': 1.5,
        'feature.item_prices': 1,
        'database.items': true,
        'timeout.request_ms': '5s',
        'database.query_ms': null,
        'pool.sice': 3,
      });
      assert.equal(answer.status, 422);
      assert.deepEqual(keysRefused(answer.body), [
        'workers.count',
        'failure.error_rate',
        'pool.wait_ms',
        'feature.item_prices',
        'database.items',
        'timeout.request_ms',
        'database.query_ms',
        'pool.sice',
      ]);
      assert.match(answer.body, /0 is not a whole number from 1 to 16/);
      assert.match(answer.body, /known are pool\.size, pool\.wait_ms/);
      assert.deepEqual(await sut.settings(), before);
    });

    it('refuses what is not a change', async () => {
      const before = await sut.settings();
      const bodies = [
        '',
        '{',
        '[]',
        '7',
        '{}',
        '{"values":{}}',
        '{"values":[1]}',
        '{"value":{"pool.size":3}}',
      ];
      for (const body of [...bodies, '{"values":{"failure.latency_ms":NaN}}', '['.repeat(60_000)]) {
        const answer = await sut.askConfig('/config', { method: 'PATCH', body });
        assert.equal(answer.status, 422, body.slice(0, 50));
        keysRefused(answer.body);
      }
      const large = await sut.askConfig('/config', { method: 'PATCH', body: ' '.repeat(70_000) });
      assert.equal(large.status, 413);
      assert.deepEqual(await sut.settings(), before);
    });

    it('makes a change once for each idempotency key', async () => {
      const once = { 'Idempotency-Key': `once-${process.pid}` };
      await sut.patch({ 'pool.size': 20 }, once);
      const other = await sut.set({ 'pool.size': 30 });
      assert.deepEqual(
        settingsIn(await sut.patch({ 'pool.size': 20 }, once)),
        other,
        'sent again, it undoes nothing',
      );
      const reused = await sut.patch({ 'pool.size': 21 }, once);
      assert.equal(reused.status, 422);
      assert.deepEqual(keysRefused(reused.body), ['Idempotency-Key']);
      assert.deepEqual(await sut.settings(), other);
    });

    it('makes a change only at the revision that If-Match names', async () => {
      const { revision } = await sut.settings();
      const headers = { 'If-Match': `"${revision}"` };
      assert.equal((await sut.patch({ 'pool.size': 8 }, headers)).status, 200);
      const second = await sut.patch({ 'pool.size': 9 }, headers);
      assert.equal(second.status, 412);
      assert.deepEqual(keysRefused(second.body), ['If-Match']);
      assert.equal((await sut.settings()).values['pool.size'], 8);
    });
  });

  it('loses no change of clients that write at once, and numbers them without a gap', async () => {
    const { revision: start } = await sut.settings();
    const keys = ['pool.size', 'pool.wait_ms', 'database.items', 'rate_limit.burst'];
    const changes = 25;
    const revisions = await Promise.all(
      keys.map(async (key) => {
        const own: number[] = [];
        for (let value = 101; value <= 100 + changes; value += 1) {
          const answer = settingsIn(await sut.patch({ [key]: value }, { 'X-Actor': key }));
          assert.equal(answer.values[key], value, 'nobody else writes this key');
          own.push(answer.revision);
        }
        return own;
      }),
    );
    const { revision, values } = await sut.settings();
    assert.equal(revision, start + keys.length * changes);
    assert.deepEqual(
      revisions.flat().sort((a, b) => a - b),
      Array.from({ length: keys.length * changes }, (_, index) => start + 1 + index),
    );
    for (const key of keys) assert.equal(values[key], 100 + changes);
    const audited = sut
      .audit()
      .flatMap((line) => (line.audit === 'changed' ? [Number(line['revision'])] : []));
    assert.deepEqual(
      audited,
      [...audited].sort((a, b) => a - b),
      'the audit trail is in the order of the revisions',
    );
  });

  describe('waiting', () => {
    it('answers as soon as there is another revision, whichever worker is asked', async () => {
      const { revision } = await sut.settings();
      const waiting = Array.from({ length: 8 }, () => sut.askConfig(`/config?after=${revision}&wait=25`));
      await sut.answeringPid();
      const changed = await sut.set({ 'pool.size': 6 });
      for (const answer of await within('the answers', Promise.all(waiting), 5_000))
        assert.deepEqual(settingsIn(answer), changed);
    });

    it('answers 304 when the time is over, and at once without a time', async () => {
      const { revision } = await sut.settings();
      const startedMs = performance.now();
      assert.equal((await sut.askConfig(`/config?after=${revision}&wait=1`)).status, 304);
      assert.ok(performance.now() - startedMs > 990);
      assert.equal((await sut.askConfig(`/config?after=${revision}`)).status, 304);
      assert.equal(
        (await sut.askConfig('/config', { headers: { 'If-None-Match': `"${revision}"` } })).status,
        304,
      );
    });

    it('answers at once for a revision that is past, or of another life', async () => {
      const now = await sut.settings();
      const startedMs = performance.now();
      for (const after of [now.revision - 1, 0, now.revision + 1000])
        assert.deepEqual(settingsIn(await sut.askConfig(`/config?after=${after}&wait=25`)), now);
      assert.ok(performance.now() - startedMs < 20_000, 'none of them waited');
    });

    it('refuses what is not a revision', async () => {
      for (const query of ['after=x', 'after=-1', 'after=1&wait=1.5', `after=${'9'.repeat(30)}`])
        assert.equal((await sut.askConfig(`/config?${query}`)).status, 422, query);
    });

    it('does not hold up a reload', async () => {
      const old = sut.workerPids();
      const { revision } = await sut.settings();
      const waiting = Array.from({ length: 8 }, () => sut.askConfig(`/config?after=${revision}&wait=25`));
      // Answered after them, by each worker.
      const seen = new Set<number>();
      await eventually(
        'both workers',
        10_000,
        async () => seen.add(await sut.answeringPid()).size === 2 || undefined,
      );
      const startedMs = performance.now();
      sut.signal('SIGHUP');
      for (const { status } of await within('the answers', Promise.all(waiting), 10_000))
        assert.equal(status, 304);
      await eventually(
        'new workers alone',
        10_000,
        () => !sut.workerPids().some((pid) => old.includes(pid)) || undefined,
      );
      assert.ok(performance.now() - startedMs < 4_900, 'sooner than the graceful time-out');
    });
  });
});

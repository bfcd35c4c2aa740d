// The answer to a scrape, by the real control plane in its thread: whether Prometheus takes it, who may ask, and that whoever asks at once shares the work.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAMILIES } from '../../../supervisor/plane/metrics/families.ts';
import { formatFor } from '../../../supervisor/plane/metrics/exposition.ts';
import { promtoolCheck, Scrape } from '../../support/scrape.ts';
import { comesUp, failsWith, name, run, service } from '../support/fleet-fixture.ts';
import { call } from '../support/http.ts';
import { PlaneRig } from '../support/plane-rig.ts';
import { ask, originOf } from '../support/remote.ts';

const ACCEPTED_BY_PROMETHEUS =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

for (const count of [0, 1, 1000])
  test(`promtool finds nothing wrong with ${count} services, in neither format`, async () => {
    const services = Array.from({ length: count }, (_, index) => service(`s${index}`));
    const history = services.flatMap(({ name: text }, index) => comesUp(text, index + 1));
    await using rig = await PlaneRig.start({ services, history });
    const { text } = await Scrape.of(rig.socketPath);
    assert.equal(promtoolCheck(text), '');
    const open = await call(rig.socketPath, '/metrics', { headers: { accept: ACCEPTED_BY_PROMETHEUS } });
    assert.match(open.headers['content-type'] ?? '', /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(open.text, /\n# EOF\n$/);
    assert.doesNotMatch(open.text, /\n\n/);
    assert.match(open.text, /# TYPE bosun_api_requests counter\n/);
    assert.equal(text.match(/^bosun_service_starts_total/gm)?.length ?? 0, count);
  });

test('states, starts, restarts and exits are those of the events', async () => {
  const services = [service('web'), service('db')];
  const stopped = { service: name('web'), run: run(3) };
  const asked = { type: 'stopping', ...stopped, cause: 'restart', killAtMs: 0, exit: undefined } as const;
  const history = [
    ...comesUp('web', 1),
    ...failsWith('web', 1, 3, 500),
    ...comesUp('web', 3),
    asked,
    { type: 'exited', ...stopped, exit: { kind: 'code', code: 0 } },
    { type: 'waiting', service: name('web') },
    ...comesUp('web', 5),
  ] as const;
  await using rig = await PlaneRig.start({ services, history });
  const scrape = await Scrape.of(rig.socketPath);
  const web = { service: 'web' };
  assert.equal(scrape.value('bosun_service_state', { ...web, state: 'running' }), 1);
  assert.equal(scrape.value('bosun_service_state', { ...web, state: 'stopped' }), 0);
  assert.equal(scrape.value('bosun_service_state', { service: 'db', state: 'stopped' }), 1);
  const ones = [...scrape.series].filter(
    ([key, value]) => key.startsWith('bosun_service_state') && value === 1,
  );
  assert.equal(ones.length, 2);
  assert.equal(scrape.value('bosun_service_ready', web), 1);
  assert.equal(scrape.value('bosun_service_ready', { service: 'db' }), 0);
  assert.equal(scrape.value('bosun_service_starts_total', web), 3);
  assert.equal(scrape.value('bosun_service_restarts_total', { ...web, reason: 'exit' }), 1);
  assert.equal(scrape.value('bosun_service_restarts_total', { ...web, reason: 'requested' }), 1);
  assert.equal(scrape.value('bosun_service_exits_total', { ...web, reason: 'error' }), 1);
  assert.equal(scrape.value('bosun_service_exits_total', { ...web, reason: 'restart' }), 1);
  assert.equal(scrape.value('bosun_service_exits_total', { ...web, reason: 'signal' }), 0);
  assert.equal(scrape.value('bosun_service_last_exit_code', web), 0);
  assert.ok(Math.abs(scrape.value('bosun_service_ready_seconds', web) - 0.083) < 0.001);
  assert.equal(scrape.find('bosun_service_last_exit_code', { service: 'db' }), undefined);
});

test('a service that was unready for a while took as long to be ready as it took at its start', async () => {
  const web = { service: name('web'), run: run(1) };
  const history = [
    ...comesUp('web', 1),
    { type: 'unready', ...web, reason: 'no answer' },
    { type: 'ready', ...web, atMs: 1e12 },
  ] as const;
  await using rig = await PlaneRig.start({ services: [service('web')], history });
  const scrape = await Scrape.of(rig.socketPath);
  assert.ok(Math.abs(scrape.value('bosun_service_ready_seconds', { service: 'web' }) - 0.083) < 0.001);
});

test('requests are counted by route and status class; paths that nobody has are one series', async () => {
  await using rig = await PlaneRig.start({ services: [service('web')] });
  await call(rig.socketPath, '/v1/services/web');
  await call(rig.socketPath, '/v1/services/nobody');
  await call(rig.socketPath, '/v1/services/nobody-else');
  for (let n = 0; n < 5; n++) await call(rig.socketPath, `/made-up-${n}`);
  await call(rig.socketPath, '/v1/services/web', { method: 'DELETE' });
  const scrape = await Scrape.of(rig.socketPath);
  const requests = (method: string, route: string, status: string): number =>
    scrape.value('bosun_api_requests_total', { method, route, status });
  assert.equal(requests('GET', '/v1/services/{name}', '2xx'), 1);
  assert.equal(requests('GET', '/v1/services/{name}', '4xx'), 2);
  assert.equal(requests('other', 'other', '4xx'), 6);
  assert.equal([...scrape.series.keys()].filter((key) => key.includes('made-up')).length, 0);
});

test('readyz tells by its status whether the main and the essential services are ready, and which are not', async () => {
  const services = [
    service('web', { importance: 'essential' }),
    service('app', { importance: 'main' }),
    service('extra'),
  ];
  await using rig = await PlaneRig.start({ services, history: comesUp('web', 1) });
  const before = await call(rig.socketPath, '/readyz');
  assert.equal(before.status, 503);
  assert.equal(before.text, 'not ready\napp (main) is stopped\n');
  rig.emit(comesUp('app', 2));
  await rig.outputWith('app is ready');
  const after = await call(rig.socketPath, '/readyz');
  assert.deepEqual([after.status, after.text], [200, 'ok\n']);
  assert.equal((await call(rig.socketPath, '/healthz')).text, 'ok\n');
});

test('a read-only listener shows the metrics and the two probes to anyone', async () => {
  const listeners = [
    {
      name: 'metrics',
      address: '127.0.0.1',
      port: 0,
      hosts: [],
      authentication: { kind: 'none', server: undefined },
    },
  ] as const;
  await using rig = await PlaneRig.start({ services: [service('web')], settings: { listeners } });
  const origin = await originOf(rig, 'metrics');
  assert.match((await ask(origin, '/metrics')).text, /^bosun_service_ready\{service="web"\} 0$/m);
  assert.equal((await ask(origin, '/readyz')).text, 'ok\n');
  assert.equal((await ask(origin, '/v1/services')).status, 403);
});

test('what is asked for wrongly is said to be wrong', async () => {
  await using rig = await PlaneRig.start({ services: [service('web')] });
  assert.equal((await call(rig.socketPath, '/metrics?pss=perhaps')).status, 400);
  assert.equal((await call(rig.socketPath, '/metrics?pss=true')).status, 200);
});

test('every family says what it is, and no two have one name', () => {
  const families = Object.values(FAMILIES);
  assert.equal(new Set(families.map((family) => family.name)).size, families.length);
  for (const family of families) {
    assert.match(family.help, /^[A-Z0-9].*\.$/, family.name);
    assert.equal(family.name.endsWith('_total'), family.type === 'counter', family.name);
  }
});

test('OpenMetrics is given to whoever asks for it, and to nobody else', () => {
  assert.equal(formatFor(ACCEPTED_BY_PROMETHEUS), 'openmetrics');
  assert.equal(formatFor('text/plain'), 'text');
  assert.equal(formatFor('*/*'), 'text');
  assert.equal(formatFor(undefined), 'text');
  assert.equal(formatFor('application/openmetrics-text; q=0, text/plain'), 'text');
});

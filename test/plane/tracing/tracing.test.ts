// Traces as a collector gets them, from the real control plane and the packages of OpenTelemetry.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../support/deadline.ts';
import { comesUp, failsWith, name, service } from '../support/fleet-fixture.ts';
import { call } from '../support/http.ts';
import { PlaneRig } from '../support/plane-rig.ts';
import { TraceCollector, type SeenSpan } from '../support/trace-collector.ts';

const SERVICES = [service('web'), service('db')];

async function spansOf(collector: TraceCollector, ...names: string[]): Promise<readonly SeenSpan[]> {
  return until(`spans ${names.join(', ')}, of ${collector.faults.join()}`, () => {
    const found = names.map((each) => collector.spans.find((span) => span.name === each));
    return found.every((span) => span !== undefined) && found;
  });
}

function attribute(span: SeenSpan | undefined, key: string): unknown {
  const found = span?.attributes.find((each) => each.key === key);
  return found === undefined ? undefined : Object.values(found.value)[0];
}

test('a boot, with what it began before the control plane was there; a restart; a command; headers', async () => {
  await using collector = await TraceCollector.start();
  const spec = { url: collector.url, headers: { Authorization: 'Bearer abc' } };
  // The engine has begun already.
  await using rig = await PlaneRig.start({
    services: SERVICES,
    settings: { tracing: spec },
    history: [...comesUp('db', 1), { type: 'waiting', service: name('web') }],
  });
  rig.emit(comesUp('web', 2));
  const [boot, db, wait, web] = await spansOf(collector, 'boot', 'start db', 'wait web', 'start web');
  for (const child of [db, wait, web]) {
    assert.equal(child?.traceId, boot?.traceId);
    assert.equal(child?.parentSpanId, boot?.spanId);
  }
  assert.equal(boot?.parentSpanId, undefined);
  assert.equal(attribute(web, 'bosun.service'), 'web');
  assert.equal(attribute(boot, 'bosun.services'), 2);
  assert.equal(collector.resource('service.name'), 'bosun');
  assert.equal(collector.resource('service.version'), '0.1.0-test');
  assert.equal(collector.headers[0]?.['authorization'], 'Bearer abc');
  rig.emit(failsWith('web', 2, 3, 100));
  rig.emit(comesUp('web', 3));
  const [restart, backOff] = await spansOf(collector, 'restart web', 'back-off web');
  assert.notEqual(restart?.traceId, boot?.traceId);
  assert.equal(backOff?.parentSpanId, restart?.spanId);
  assert.match(String(attribute(restart, 'bosun.reason')), /exited with code 3/);
  rig.emit([{ type: 'signalled', service: name('web'), run: 3 as never, signal: 'SIGHUP' }], 'abc', 'uid:7');
  rig.emit([{ type: 'backoff-reset', service: name('web') }]);
  const [command] = await spansOf(collector, 'command');
  assert.equal(attribute(command, 'bosun.actor'), 'uid:7');
  assert.equal(attribute(command, 'bosun.command'), 'abc');
  assert.deepEqual(collector.faults, []);
});

test('a start that failed is an error, with the reason', async () => {
  await using collector = await TraceCollector.start();
  await using rig = await PlaneRig.start({
    services: [service('web')],
    settings: { tracing: { url: collector.url, headers: {} } },
  });
  rig.emit([...comesUp('web', 1).slice(0, 1), ...failsWith('web', 1, 3, 100)]);
  const [start, boot] = await spansOf(collector, 'start web', 'boot');
  assert.deepEqual(start?.status, { code: 2, message: 'exited with code 3' });
  assert.equal(boot?.status.code, 2);
});

test('at the end what is open is told as well', async () => {
  await using collector = await TraceCollector.start();
  await using rig = await PlaneRig.start({
    services: [service('web')],
    settings: { tracing: { url: collector.url, headers: {} } },
  });
  rig.emit(comesUp('web', 1).slice(0, 1));
  rig.finish();
  await rig.message('flushed');
  await spansOf(collector, 'start web', 'boot');
});

test('a collector that is away, or refuses, is said once, and holds up nothing', async () => {
  await using collector = await TraceCollector.start();
  collector.answer(400);
  await using rig = await PlaneRig.start({
    services: SERVICES,
    settings: { tracing: { url: collector.url, headers: {} } },
  });
  rig.emit([...comesUp('db', 1), ...comesUp('web', 2)]);
  await rig.outputWith('traces: ');
  rig.emit(failsWith('web', 2, 3, 100));
  rig.emit(comesUp('web', 3));
  await until('another try', () => collector.headers.length > 1);
  assert.equal((await call(rig.socketPath, '/v1/status')).status, 404);
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
  assert.equal(rig.output.toString().split('traces: ').length, 2, rig.output.toString());
});

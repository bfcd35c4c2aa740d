// `timeline`: the critical chain out of events made for the test, what is printed and drawn of it, and one real boot.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { timelineOf, type BootTimeline } from '../../supervisor/cli/timeline-model.ts';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import { servicesView, type ServiceView } from '../../supervisor/wire/service-view.ts';
import { comesUp, name, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { Container } from '../support/container.ts';
import { statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { needs } from '../support/specs.ts';
import { bosunctl } from './support/bosunctl.ts';
import { isWellFormed } from './support/well-formed.ts';

type Told = readonly [
  ms: number,
  type: string,
  service: string,
  details?: Record<string, unknown>,
  command?: string,
];

function event([ms, type, of, details = {}, command = '']: Told): EventView {
  const time = '2026-01-01T00:00:00.000Z';
  const fixed = { id: 1, seq: 1, version: 1, actor: 'bosun' } as const;
  return { ...fixed, time, monotonic_ms: 1000 + ms, command, type, service: of, details };
}

type Needs = Readonly<
  Record<string, readonly (readonly [string, ServiceView['depends_on'][number]['condition']])[]>
>;

function boot(graph: Needs, told: readonly Told[]): BootTimeline {
  const services = Object.entries(graph).map(([of, on]) => {
    const dependsOn = on.map(([other, condition]) => ({
      service: other,
      condition,
      required: true,
      restart: false,
    }));
    return { name: of, depends_on: dependsOn } as unknown as ServiceView;
  });
  return timelineOf(event([0, 'booted', '']), told.map(event), services);
}

test('the chain goes by the dependency that was met last, and Bosun has what is between', () => {
  const timeline = boot(
    {
      db: [],
      cache: [],
      web: [
        ['db', 'service_healthy'],
        ['cache', 'service_healthy'],
      ],
    },
    [
      [1, 'starting', 'db'],
      [2, 'starting', 'cache'],
      [3, 'spawned', 'db'],
      [4, 'spawned', 'cache'],
      [50, 'ready', 'cache'],
      [100, 'ready', 'db'],
      [102, 'starting', 'web'],
      [105, 'spawned', 'web'],
      [140, 'ready', 'web'],
    ],
  );
  assert.deepEqual(timeline.critical_chain, [
    { service: 'db', waited_for: null, bosun_ms: 3, service_ms: 97, ready_ms: 100 },
    { service: 'web', waited_for: 'db', bosun_ms: 5, service_ms: 35, ready_ms: 140 },
  ]);
  assert.deepEqual([timeline.duration_ms, timeline.bosun_ms], [140, 8]);
});

test('a pre_start hook is no time of Bosun; a condition of only started ends a link early', () => {
  const timeline = boot({ db: [], web: [['db', 'service_started']] }, [
    [0, 'starting', 'db'],
    [1, 'hook-started', 'db', { hook: 'pre_start' }],
    [31, 'hook-finished', 'db', { hook: 'pre_start' }],
    [32, 'spawned', 'db'],
    [32, 'hook-started', 'db', { hook: 'post_start' }],
    [34, 'starting', 'web'],
    [35, 'spawned', 'web'],
    [39, 'ready', 'db'],
    [60, 'ready', 'web'],
  ]);
  assert.deepEqual(timeline.critical_chain, [
    { service: 'db', waited_for: null, bosun_ms: 2, service_ms: 30, ready_ms: 32 },
    { service: 'web', waited_for: 'db', bosun_ms: 3, service_ms: 25, ready_ms: 60 },
  ]);
});

test('a dependency that came only in a later run has the time until then for itself', () => {
  const timeline = boot({ flap: [], web: [['flap', 'service_healthy']] }, [
    [1, 'starting', 'flap'],
    [2, 'spawned', 'flap'],
    [3, 'ready', 'flap'],
    [500, 'starting', 'flap'],
    [501, 'spawned', 'flap'],
    [502, 'ready', 'flap'],
    [503, 'starting', 'web'],
    [504, 'spawned', 'web'],
    [504, 'ready', 'web'],
  ]);
  assert.deepEqual(timeline.critical_chain[0], {
    service: 'flap',
    waited_for: null,
    bosun_ms: 2,
    service_ms: 500,
    ready_ms: 502,
  });
  assert.equal(timeline.bosun_ms, 4);
});

test('what was started by hand later, restarted, skipped or never came is told as that', () => {
  const timeline = boot({ web: [], later: [], gone: [], bad: [], stuck: [] }, [
    [1, 'starting', 'web'],
    [2, 'spawned', 'web'],
    [9, 'ready', 'web'],
    [10, 'skipped', 'gone'],
    [11, 'starting', 'bad'],
    [12, 'failed', 'bad'],
    [13, 'starting', 'stuck'],
    [14, 'starting', 'stuck'],
    [5000, 'starting', 'later', {}, 'c1'],
    [5001, 'ready', 'later'],
    [9000, 'starting', 'web'],
    [9001, 'ready', 'web'],
  ]);
  const outcomes = timeline.services.map(({ service: of, outcome, runs }) => `${of} ${outcome} ${runs}`);
  assert.deepEqual(outcomes, ['web ready 1', 'bad failed 1', 'stuck under-way 2', 'gone skipped 0']);
  assert.equal(timeline.duration_ms, 9);
});

const LONG = 'a-service-with-a-name-of-sixty-three-characters-which-is-the-mo';

test('text within 80 columns, JSON, a picture; in ASCII where the locale has nothing else', async () => {
  await using rig = await PlaneRig.start({
    services: [service(LONG), service('web', { dependsOn: [needs(LONG)] }), service('gone')],
    history: [
      ...comesUp(LONG, 1),
      ...comesUp('web', 2),
      { type: 'skipped', service: name('gone'), reason: 'x' },
    ],
  });
  const ctl = (...words: string[]) => bosunctl(['--socket', rig.socketPath, 'timeline', ...words]);
  const { code, stdout } = await ctl();
  assert.equal(code, 0);
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
  assert.match(stdout, /^Boot of 20\d\d-.*: 3 services, 2 of them ready after .* ms\./);
  assert.match(stdout, /^\* a-service-with-a-\.\.\. +\d+\.\d ms {2}[·░█]*▏$/m);
  assert.match(stdout, /^ {2}gone +skipped$/m);
  assert.match(stdout, /^web +a-service-with-a-\.\.\. +\d+\.\d ms/m);
  const ascii = await bosunctl(['timeline'], { BOSUN_SOCKET: rig.socketPath, LANG: 'C' });
  assert.doesNotMatch(ascii.stdout, /[^\n -~]/);
  assert.match(ascii.stdout, /^\* web +\d+\.\d ms {2}[.#-]*\|$/m);
  const timeline = JSON.parse((await ctl('--json')).stdout) as BootTimeline;
  assert.deepEqual(
    timeline.critical_chain.map((link) => link.service),
    [LONG, 'web'],
  );
  const file = join(rig.directory, 'boot.svg');
  assert.deepEqual(await ctl('--svg', file), { code: 0, stdout: '', stderr: '' });
  const picture = readFileSync(file, 'utf8');
  isWellFormed(picture);
  assert.ok(picture.includes(LONG) && !/https?:(?!\/\/www\.w3\.org\/2000\/svg)/.test(picture));
  assert.equal((await ctl('--svg', join(rig.directory, 'not-there/x.svg'))).code, 2);
});

test('a real boot: the services have their own time, Bosun has little', async () => {
  await using bosun = new Container({
    place: 'below',
    services: {
      db: `command: [sh, -c, 'sleep 0.3; touch "$$TEST_DIR/db"; exec sleep 1000']
readiness: { file: "\${TEST_DIR}/db" }`,
      migrate: `type: oneshot\ncommand: [sleep, "0.2"]\ndepends_on: [db]`,
      web: `command: [sleep, "1000"]
depends_on: { db: { condition: service_healthy }, migrate: { condition: service_completed_successfully } }`,
      alone: 'command: [sleep, "1000"]',
    },
  });
  await until('web to run', async () => (await statusOf(bosun, 'web'))?.state === 'running');
  const timeline = JSON.parse((await bosun.ctl('timeline', '--json')).stdout) as BootTimeline;
  const [db, migrate, web, ...more] = timeline.critical_chain;
  assert.deepEqual([db?.service, migrate?.service, web?.service, more], ['db', 'migrate', 'web', []]);
  // What the process does before Bosun comes back from posix_spawn(3) is counted as Bosun's: on a busy machine that is many ms.
  assert.ok(db && db.service_ms >= 150 && db.service_ms < 2000, JSON.stringify(db));
  assert.ok(migrate && migrate.service_ms >= 100 && migrate.service_ms < 2000, JSON.stringify(migrate));
  const sum = timeline.critical_chain.reduce((ms, link) => ms + link.bosun_ms + link.service_ms, 0);
  assert.ok(
    Math.abs(sum - timeline.duration_ms) < 1,
    `${sum} of ${timeline.duration_ms} ms are accounted for`,
  );
  const tree = await bosun.ctl('graph');
  assert.match(
    tree.stdout,
    /^web \(running\)\n├─ db \(running\)\n└─ migrate \(completed\), when completed\n {3}└─ db/m,
  );
  assert.equal(
    servicesView.parse(JSON.parse((await bosun.ctl('status', '--json')).stdout)).services.length,
    4,
  );
  rmSync(join(bosun.directory, 'db'), { force: true });
});

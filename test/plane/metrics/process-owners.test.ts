// Whose a process is, from what /proc says of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ProcessOwners } from '../../../supervisor/plane/metrics/process-owners.ts';
import type { ProcessStat } from '../../../supervisor/plane/metrics/process-stat.ts';

const BOSUN = 1;
const SERVICES = new Set(['web', 'db']);

type Place = { readonly parent: number; readonly session: number; readonly startTime?: number };

function processes(places: Readonly<Record<number, Place>>): ReadonlyMap<number, ProcessStat> {
  const bosun: Readonly<Record<number, Place>> = { [BOSUN]: { parent: 0, session: BOSUN } };
  return new Map(
    Object.entries({ ...bosun, ...places }).map(([text, { parent, session, startTime = 7 }]) => {
      const pid = Number(text);
      const used = { userSeconds: 0, systemSeconds: 0, threads: 1, residentBytes: 0 };
      return [pid, { pid, startTime, state: 'alive', parent, session, ...used }];
    }),
  );
}

function owners(
  environments: Readonly<Record<number, string>> = {},
  groups: Readonly<Record<number, string>> = {},
) {
  const asked: number[] = [];
  const files = {
    environ: (pid: number) => {
      asked.push(pid);
      return environments[pid];
    },
    cgroup: (pid: number) => groups[pid],
  };
  const known = new ProcessOwners(files, BOSUN);
  return {
    asked,
    of: (places: Readonly<Record<number, Place>>, leaders: Readonly<Record<number, string | undefined>>) => {
      const entries = Object.entries(leaders).map(([pid, service]) => [Number(pid), service] as const);
      const members = known.assign(processes(places), new Map(entries), SERVICES);
      return Object.fromEntries([...members].map(([name, list]) => [name, list.map(({ pid }) => pid)]));
    },
  };
}

test('descendants belong to the service whose leader they descend from, in whatever session', () => {
  const { of } = owners();
  const places = {
    10: { parent: BOSUN, session: 10 },
    11: { parent: 10, session: 10 },
    12: { parent: 11, session: 12 },
    20: { parent: BOSUN, session: 20 },
  };
  assert.deepEqual(of(places, { 10: 'web', 20: 'db' }), { web: [10, 11, 12], db: [20] });
});

test('an orphan in the session of a run belongs to it, also when its leader has ended and nobody saw it before', () => {
  const { of, asked } = owners();
  of({ 10: { parent: BOSUN, session: 10 }, 11: { parent: 10, session: 10 } }, { 10: 'web' });
  const later = { 11: { parent: BOSUN, session: 10 }, 13: { parent: BOSUN, session: 10 } };
  assert.deepEqual(of(later, {}), { web: [11, 13] });
  assert.deepEqual(asked, []);
});

test('a daemon that has left its session and its parents is known by what was seen of it', () => {
  const { of, asked } = owners();
  of({ 10: { parent: BOSUN, session: 10 }, 12: { parent: 10, session: 12 } }, { 10: 'web' });
  const later = { 12: { parent: BOSUN, session: 12 }, 14: { parent: 12, session: 14 } };
  assert.deepEqual(of(later, {}), { web: [12, 14] });
  assert.deepEqual(asked, []);
  // Another one with its pid is another one.
  assert.deepEqual(of({ 12: { parent: BOSUN, session: 12, startTime: 8 } }, {}), {});
});

test('one that nobody has seen before is known by its environment, which is read once', () => {
  const { of, asked } = owners({ 12: 'HOME=/\0BOSUN_SERVICE=db\0', 15: 'BOSUN_SERVICE=nothing-of-ours\0' });
  const places = { 12: { parent: BOSUN, session: 12 }, 15: { parent: BOSUN, session: 15 } };
  assert.deepEqual(of(places, {}), { db: [12] });
  assert.deepEqual(of(places, {}), { db: [12] });
  assert.deepEqual(asked, [12, 15]);
});

test('one that has cleared its environment is known by the control group of its service', () => {
  const { of } = owners({ 12: '' }, { 12: '0::/docker/4711/bosun/web\n', 13: '0::/elsewhere/web\n' });
  assert.deepEqual(of({ 12: { parent: BOSUN, session: 12 }, 13: { parent: BOSUN, session: 13 } }, {}), {
    web: [12],
  });
});

test('what a job runs is no service, also one in the context of a service; nor is Bosun', () => {
  const { of } = owners({ 30: 'BOSUN_SERVICE=web\0' });
  const places = { 30: { parent: BOSUN, session: 30 }, 31: { parent: 30, session: 30 } };
  assert.deepEqual(of(places, { 30: undefined }), {});
});

test('processes that seem to be each other’s parents, since they were read one after the other, end the look', () => {
  const { of } = owners();
  assert.deepEqual(of({ 40: { parent: 41, session: 40 }, 41: { parent: 40, session: 40 } }, {}), {});
});

test('a chain of processes as long as there are pids is followed', () => {
  const { of } = owners();
  const chain = Array.from(
    { length: 50_000 },
    (_, index) => [10 + index, { parent: 9 + index, session: 10 }] as const,
  );
  const places = { ...Object.fromEntries(chain), 10: { parent: BOSUN, session: 10 } };
  assert.equal(of(places, { 10: 'web' })['web']?.length, 50_000);
});

// The file that one process image leaves to the next: what is not understood is refused, with the reason, and not taken for something else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import {
  decodeSnapshot,
  descriptorsOf,
  encodeSnapshot,
  SNAPSHOT_VERSION,
  type Snapshot,
} from '../../supervisor/boot/snapshot.ts';
import { createFleet } from '../../supervisor/core/fleet.ts';
import type { RunId } from '../../supervisor/core/names.ts';
import { fleetOf, service } from '../support/specs.ts';

const VERSION_AT = 'bosun snapshot\n'.length;

function snapshot(): Snapshot {
  const spec = fleetOf(service('a'), service('b'));
  const plain = {
    version: '1.0.0',
    cause: { kind: 'upgrade', request: { id: 'x', actor: 'uid:0', waitMs: 1 } },
    leftAtMs: 5,
    settings: { socketPath: '/run/x.sock' },
    engine: {
      spec,
      target: undefined,
      fleet: { ...createFleet(spec.services.map(({ name }) => name)), phase: { kind: 'up' } },
      numbering: { lastId: 3, lastSeqs: new Map([['a', 2]]), recent: [], writtenId: 3 },
      launches: new Map(),
      voices: [{ run: 1 as RunId, channel: 'none', pipe: 31 }],
      errands: [],
    },
    plane: { ends: [{ ours: 11, lent: {} }], accepted: [], applyActor: undefined, toldUpToId: 3 },
    logSettings: {},
    logs: { pipes: [{ fd: 21, carried: new Uint8Array([1]) }], board: new Uint8Array(4), tallies: new Map() },
    runs: [],
    attached: [{ run: 2, service: 'b', identity: { pid: 7, startTime: 8 }, descriptor: 51 }],
    channels: [[1, { address: 'x', descriptor: 41, watchdog: undefined, told: {} }]],
    interrupted: [],
    recoveriesMs: [Infinity],
  };
  return plain as unknown as Snapshot;
}

test('what was written is read: Map, bytes, undefined and Infinity too', () => {
  const decoded = decodeSnapshot(encodeSnapshot(snapshot()));
  assert.ok(decoded.kind === 'decoded');
  assert.deepEqual(decoded.snapshot, deserialize(serialize(snapshot())));
  assert.deepEqual(descriptorsOf(decoded.snapshot), [11, 21, 41, 31, 51]);
});

function reasonFor(bytes: Buffer): string {
  const decoded = decodeSnapshot(bytes);
  assert.ok(decoded.kind === 'refused');
  return decoded.reason;
}

test('another version is refused before anything of it is read', () => {
  const bytes = encodeSnapshot(snapshot()).fill(0xff, VERSION_AT + 4);
  bytes.writeUInt32LE(SNAPSHOT_VERSION + 1, VERSION_AT);
  assert.match(reasonFor(bytes), /has version 3, .* reads version 2: it is older/);
  bytes.writeUInt32LE(SNAPSHOT_VERSION - 1, VERSION_AT);
  assert.match(reasonFor(bytes), /it is newer/);
});

test('what is no snapshot, what is cut short, and every single broken part is refused', () => {
  assert.match(reasonFor(Buffer.from('nonsense')), /no snapshot of Bosun/);
  assert.match(reasonFor(Buffer.alloc(100)), /no snapshot of Bosun/);
  const whole = encodeSnapshot(snapshot());
  for (const length of [VERSION_AT + 4, VERSION_AT + 10, whole.length - 30])
    assert.match(reasonFor(whole.subarray(0, length)), /cannot be used/);
  const { engine, ...rest } = snapshot();
  const broken: readonly Partial<Record<keyof Snapshot, unknown>>[] = [
    rest,
    { ...rest, engine, plane: {} },
    { ...rest, engine, logs: {} },
    { ...rest, engine, runs: undefined },
    { ...rest, engine, attached: undefined },
    { ...rest, engine, settings: {} },
    { ...rest, engine: { ...engine, spec: fleetOf(service('b'), service('a')) } },
    { ...rest, engine: { ...engine, fleet: { ...engine.fleet, phase: { kind: 'dreaming' } } } },
    { ...rest, engine: { ...engine, fleet: withState(engine.fleet, { kind: 'dreaming' }) } },
  ];
  for (const [index, wrong] of broken.entries())
    assert.match(reasonFor(encodeSnapshot(wrong as Snapshot)), /cannot be used/, `number ${index}`);
});

function withState(fleet: Snapshot['engine']['fleet'], state: object): object {
  return { ...fleet, services: fleet.services.map((record) => ({ ...record, state })) };
}

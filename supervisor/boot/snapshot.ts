// What one process image of Bosun leaves to the next: the whole of its state as plain data, behind a number that says in what shape. Who
// cannot read it says so before anything is replaced (rehearse.ts). V8's own format, since JSON has neither Map, Set, bytes, undefined
// nor Infinity; a header in front, so that a refusal is possible where that format is unknown too.
import { deserialize, serialize } from 'node:v8';
import { createModel } from '../core/draft.ts';
import type { LogSettings } from '../core/log-message.ts';
import type { PlaneSettings, UpgradeRequest } from '../core/plane-message.ts';
import { plannedProbes } from '../core/probe-plan.ts';
import { fleetTimers, jobTimerAtMs, serviceTimer } from '../core/timers.ts';
import type { SavedCounters } from '../engine/counters.ts';
import type { SavedLogs } from '../engine/log-host.ts';
import type { SavedPlane } from '../engine/plane-host.ts';
import type { EngineSnapshot } from '../engine/snapshot.ts';
import type { KeptAttachment } from '../os/attached-processes.ts';
import type { KeptRun } from '../os/run-record.ts';
import type { KeptChannels } from './notify-port.ts';

export type Replacing =
  | { readonly kind: 'upgrade'; readonly request: UpgradeRequest }
  | { readonly kind: 'recovery'; readonly where: string; readonly reason: string };

export type Snapshot = {
  /** Of the Bosun that has written it. */
  readonly version: string;
  readonly cause: Replacing;
  /** The last moment of its engine. All times are on CLOCK_MONOTONIC, which execve(2) does not reset. */
  readonly leftAtMs: number;
  readonly settings: PlaneSettings;
  readonly engine: EngineSnapshot;
  readonly plane: SavedPlane;
  readonly logSettings: LogSettings;
  readonly logs: SavedLogs;
  readonly runs: readonly KeptRun[];
  readonly attached: readonly KeptAttachment[];
  readonly channels: KeptChannels;
  readonly counters: SavedCounters;
  /** Commands of ours that were under way, as the tool gate names them: they are ended. */
  readonly interrupted: readonly string[];
  readonly recoveriesMs: readonly number[];
};

/** To be raised with every change that the code before could not read. */
export const SNAPSHOT_VERSION = 2;
const MAGIC = Buffer.from('bosun snapshot\n');
const HEADER_BYTES = MAGIC.length + 4;

export function encodeSnapshot(snapshot: Snapshot): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(SNAPSHOT_VERSION, MAGIC.length);
  return Buffer.concat([header, serialize(snapshot)]);
}

export type Decoded =
  | { readonly kind: 'decoded'; readonly snapshot: Snapshot }
  | { readonly kind: 'refused'; readonly reason: string };

export function decodeSnapshot(bytes: Buffer): Decoded {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    return refused('what was handed over is no snapshot of Bosun');
  const version = bytes.readUInt32LE(MAGIC.length);
  if (version !== SNAPSHOT_VERSION)
    return refused(
      `the snapshot has version ${version}, and this Bosun reads version ${SNAPSHOT_VERSION}: it is ${version > SNAPSHOT_VERSION ? 'older' : 'newer'} than the one that runs`,
    );
  try {
    const snapshot = deserialize(bytes.subarray(HEADER_BYTES)) as Snapshot;
    // Whatever is not as it should be throws here, in a rehearsal, and not when it is too late.
    tryOut(snapshot);
    return { kind: 'decoded', snapshot };
  } catch (error) {
    return refused(`the snapshot cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refused(reason: string): Decoded {
  return { kind: 'refused', reason };
}

/** What the engine will do with it first: the graph, the timers, the probes. */
function tryOut({ engine, plane, logs, runs, attached, channels, settings }: Snapshot): void {
  const model = createModel(engine.spec, () => undefined, engine.target);
  const names = engine.spec.services.map(({ name }) => name);
  const known = engine.fleet.services.map(({ name }) => name);
  if (names.join() !== known.join())
    throw new Error('the services of its state are not those of its configuration');
  for (const [index, record] of engine.fleet.services.entries()) {
    const spec = model.spec.services[index];
    if (spec === undefined) throw new Error(`${record.name} has no specification`);
    serviceTimer(spec, record);
    if (!isList(plannedProbes(spec, record)))
      throw new Error(`${record.name} is in the state ${record.state.kind}, which this Bosun does not know`);
  }
  for (const job of engine.fleet.jobs) jobTimerAtMs(job);
  if (!isList(fleetTimers(engine.fleet))) throw new Error(`unknown phase ${engine.fleet.phase.kind}`);
  for (const list of [
    engine.voices,
    engine.errands,
    engine.numbering.recent,
    plane.ends,
    logs.pipes,
    runs,
    attached,
    channels,
  ])
    if (!isList(list)) throw new Error('a part of it is missing');
  if (typeof settings.socketPath !== 'string') throw new Error('its settings are missing');
}

/** A state that a switch does not know gives nothing at all, whatever its type says. */
function isList(value: unknown): boolean {
  return Array.isArray(value);
}

/** Of all that has to stay open: what services write to, and where they speak. */
export function descriptorsOf({ plane, logs, channels, engine, attached }: Snapshot): readonly number[] {
  return [
    ...plane.ends.map(({ ours }) => ours),
    ...logs.pipes.map(({ fd }) => fd),
    ...channels.map(([, { descriptor }]) => descriptor),
    ...engine.voices.flatMap(({ pipe }) => pipe ?? []),
    ...attached.map(({ descriptor }) => descriptor),
  ];
}

// What goes on from an earlier life of Bosun, where its journal was kept: the numbers of events and jobs, and, where the state
// directory was named, what the operator had stopped. Read before there is an engine that could wait for it; whatever is wrong with
// the journal is told, and Bosun starts without it.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { FIRST_JOB } from '../core/fleet.ts';
import type { Resume } from '../core/input.ts';
import type { JobId, ServiceName } from '../core/names.ts';
import type { PlaneSettings } from '../core/plane-message.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import type { Numbering } from '../engine/recorder.ts';
import type { LastState, SetAside } from '../plane/journal/last-state.ts';
import { tell } from './last-resort.ts';

export type Resumed = {
  readonly numbering: Numbering;
  readonly resume: Resume;
  /** To be noted as soon as there is somebody to note it. */
  readonly setAside: readonly SetAside[];
};

export type ResumeRequest = {
  readonly spec: FleetSpec;
  readonly settings: PlaneSettings;
  readonly mode: 'supervisor' | 'drop-in';
  readonly stateDir: 'named' | 'default';
};

const FROM_THE_START: Resumed = {
  numbering: { lastId: 0, lastSeqs: new Map() },
  resume: { stopped: [], nextJob: FIRST_JOB },
  setAside: [],
};

/** Never rejects. */
export async function resumeFrom({ spec, settings, mode, stateDir }: ResumeRequest): Promise<Resumed> {
  // A drop-in has no control plane, and so no journal.
  const last = mode === 'drop-in' ? undefined : await readLast(settings);
  if (last === undefined) return FROM_THE_START;
  for (const { file, reason } of last.setAside)
    tell(`bosun: a file of the journal cannot be read (${reason}); it is now ${file}`);
  return toResumed(last, stateDir === 'named' ? stoppedOf(last, spec) : []);
}

async function readLast({ stateDir, journal }: PlaneSettings): Promise<LastState | undefined> {
  try {
    await access(join(stateDir, 'journal'));
  } catch {
    // The usual case: a new container.
    return undefined;
  }
  try {
    const { readLastState } = await import('../plane/journal/last-state.ts');
    return readLastState(stateDir, journal);
  } catch (error) {
    const { storageFailure } = await import('../plane/journal/storage-failure.ts');
    const { reason } = storageFailure(error);
    tell(`bosun: cannot read the journal in ${stateDir}: ${reason}; starting without it`);
    return undefined;
  }
}

function stoppedOf({ state }: LastState, spec: FleetSpec): readonly ServiceName[] {
  if (state === undefined) {
    tell('bosun: what the operator had stopped is not known any more; everything is started');
    return [];
  }
  const known = new Set(spec.services.map(({ name }) => name));
  const stopped = state.fleet.services.filter(({ name, wanted }) => wanted === 'down' && known.has(name));
  for (const { name } of stopped) tell(`bosun: ${name} stays stopped, as the operator left it`);
  return stopped.map(({ name }) => name);
}

function toResumed({ lastId, state, setAside }: LastState, stopped: readonly ServiceName[]): Resumed {
  // Each job has had an event of its own, so that none had a higher number.
  const nextJob = (state === undefined ? lastId + 1 : state.fleet.nextJob) as JobId;
  return {
    numbering: { lastId, lastSeqs: state?.seqs ?? new Map() },
    resume: { stopped, nextJob },
    setAside,
  };
}

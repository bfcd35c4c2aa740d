// What the files of one service are made with.
import type { LogFileSpec } from '../../core/log-spec.ts';
import type { StoreObserver } from '../ports.ts';
import type { TroubleMemory } from '../trouble-memory.ts';
import type { FileCalls } from './file-calls.ts';
import type { StoreTrouble } from './store-trouble.ts';

export type LogParts = {
  readonly spec: LogFileSpec;
  readonly observer: StoreObserver;
  readonly calls: FileCalls;
  readonly memory: TroubleMemory;
  readonly trouble: StoreTrouble;
};

// In place of the logs' thread in drop-in mode: the command has Bosun's own streams, and nobody reads them here.
import type { LogPort } from '../engine/ports.ts';

export const DROP_IN_LOGS: LogPort & { start(): void; finish(): Promise<void> } = {
  start: () => undefined,
  lend: () => undefined,
  configured: () => undefined,
  finish: () => Promise.resolve(),
};

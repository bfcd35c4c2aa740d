// What main.ts has prepared for the supervisor to be composed of.
import type { LogSettings } from '../core/log-message.ts';
import type { PlaneSettings } from '../core/plane-message.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import type { ControlFiles } from '../os/control-files.ts';
import type { ReceivedSignals } from '../os/received-signals.ts';
import type { ImageCalls, SystemCalls } from '../os/system-calls.ts';
import type { Resumed } from './resume.ts';
import type { Snapshot } from './snapshot.ts';

export type Composition = {
  readonly mode: 'supervisor' | 'drop-in';
  readonly spec: FleetSpec;
  readonly settings: PlaneSettings;
  readonly logs: LogSettings;
  /** What is taken over from an earlier life. */
  readonly resumed: Resumed;
  /** Of the process image before this one, where Bosun was replaced while it ran: then nothing is booted. */
  readonly snapshot?: Snapshot;
  /** Those of the C library where none are given. */
  readonly image?: ImageCalls;
  readonly signals: ReceivedSignals;
  readonly workerEntry: URL;
  readonly logWorkerEntry: URL;
  readonly calls: SystemCalls;
  readonly controlFiles: ControlFiles;
  readonly exit: (code: number) => void;
};

// What `import ... from 'bosun/client'` gives: how to connect, the failures, and the types of everything that is asked and
// answered. docs/how-to/client-library.md explains them.
export { connect } from './client/connect.ts';
export type { ConnectOptions, PlaintextOptions, SocketOptions, TlsOptions } from './client/connect.ts';
export { BosunProblem, BosunUnreachable } from './client/failure.ts';
export type { UnreachableCause } from './client/failure.ts';
export type { ApplicationClient } from './client/application-client.ts';
export type { ApplicationNews } from './client/application-stream.ts';
export type { BosunClient, EventFilter, ServiceVerb } from './client/bosun-client.ts';
export type { Cancel, WriteOptions } from './client/api-caller.ts';
export type { StreamedEvent } from './client/event-stream.ts';
export type { JobClient, JobRequest, SessionRequest } from './client/job-client.ts';
export type { JobOutputOptions } from './client/job-output.ts';
export type { JobPiece } from './client/job-pieces.ts';
export type { JobSession } from './client/job-session.ts';
export type { KeyClient, KeyRequest, RotateOptions } from './client/key-client.ts';
export type { Identity, Pem } from './client/target.ts';
export type {
  ApplicationAwayView,
  ApplicationBackView,
  ApplicationChangedView,
  ApplicationChangeView,
  ApplicationView,
  SettingChangeView,
  SettingValue,
} from './wire/application-view.ts';
export type { EventView, GapView, EventsView } from './wire/event-view.ts';
export type { LogGapView, LogLineView } from './wire/log-view.ts';
export type { LogQuery, StreamedLog } from './client/log-stream.ts';
export type { CommandView, HealthView, VersionView } from './wire/fleet-view.ts';
export type { JobEndView, JobsView, JobView } from './wire/job-view.ts';
export type { KeysView, KeyView, NewKeyView } from './wire/key-view.ts';
export type { ApplyView, DiagnosticView, PlanView } from './wire/plan-view.ts';
export type { MissingOutcome, ProblemCode, ProblemDocument } from './wire/problem.ts';
export type { RebuildView } from './wire/rebuild-view.ts';
export type { ServicesView, ServiceView } from './wire/service-view.ts';

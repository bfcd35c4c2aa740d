// What a handler is given: the parts of the control plane that it may use, and one request with its parts read.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Role } from '../../core/control-access.ts';
import type { Hello, FleetView } from '../views/fleet-view.ts';
import type { ApplicationDesk } from '../application/application-desk.ts';
import type { AuditEvent } from '../../core/event.ts';
import type { ApiKeys } from '../access/api-keys.ts';
import type { CommandDesk } from '../commands/command-desk.ts';
import type { UpgradeDesk } from '../commands/upgrade-desk.ts';
import type { CommandIdentity } from '../commands/command-identity.ts';
import type { Reconfiguration } from '../configuration/reconfiguration.ts';
import type { Journal } from '../journal/journal.ts';
import type { ViewRebuild } from '../journal/rebuild.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { PrepareJob } from '../ports.ts';
import type { LogClient } from '../logs/log-client.ts';
import type { Shipping } from '../logs/shipping/shipping.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { OwnLog } from '../logs/own-log.ts';

export type ApiContext = {
  readonly settings: Hello['settings'];
  readonly view: FleetView;
  readonly desk: CommandDesk;
  readonly upgrades: UpgradeDesk;
  readonly jobs: Jobs;
  readonly applications: ApplicationDesk;
  readonly prepareJob: PrepareJob;
  readonly reconfiguration: Reconfiguration;
  readonly logs: LogClient;
  readonly shipping: Pick<Shipping, 'status'>;
  readonly droppedLogLines: () => number;
  readonly log: OwnLog;
  readonly keys: ApiKeys;
  readonly metrics: Metrics;
  readonly journal: Pick<Journal, 'report'>;
  readonly rebuild: ViewRebuild;
  /** For the audit trail: it becomes an event. */
  readonly note: (event: AuditEvent, actor: string) => void;
};

export type ApiRequest = {
  /** Percent-decoded, by the names in the route's path. */
  readonly params: Readonly<Record<string, string>>;
  /** As the route's schemas gave them. */
  readonly query: unknown;
  readonly body: unknown;
  /** Who asks, such as `uid:0` or `cert:alice`. */
  readonly actor: string;
  readonly role: Role;
  /** Of the command that a write becomes; for `CommandDesk.submit`. The same again when the write is repeated with its key. */
  readonly identity: CommandIdentity;
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal;
  readonly incoming: IncomingMessage;
  /** For streams; whoever writes to it answers `ALREADY_SENT`. */
  readonly outgoing: ServerResponse;
};

export type Handler = (context: ApiContext, request: ApiRequest) => Response | Promise<Response>;

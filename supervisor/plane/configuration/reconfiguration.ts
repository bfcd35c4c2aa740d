// Reads the configuration again, says what it would change, and has the engine apply it: for the API and for SIGHUP, one after the
// other, so that two never mix. What is wrong with it changes nothing (promise P12).
import type { PlaneSettings } from '../../core/plane-message.ts';
import type { FleetSpec } from '../../core/service-spec.ts';
import type { DiagnosticView, PlanView } from '../../wire/plan-view.ts';
import type { CommandDesk, Submitted } from '../commands/command-desk.ts';
import type { CommandIdentity } from '../commands/command-identity.ts';
import type { OwnLog } from '../logs/own-log.ts';
import type { ConfigurationReading, Ports } from '../ports.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { tellApplied, tellRefused } from './apply-report.ts';
import { planOf, type Read } from './plan.ts';

export type Refused = Extract<ConfigurationReading, { kind: 'refused' }>;
export type Planned = Refused | { readonly kind: 'planned'; readonly plan: PlanView };
export type Applied =
  Refused | { readonly kind: 'submitted'; readonly plan: PlanView; readonly submitted: Submitted };

export type ReconfigurationParts = {
  readonly settings: PlaneSettings;
  readonly view: FleetView;
  readonly desk: CommandDesk;
  readonly log: OwnLog;
  readonly readConfiguration: Ports['readConfiguration'];
};

/** A file system that hangs must not hold up those who ask after it for ever. */
const READ_LIMIT_MS = 30_000;

export class Reconfiguration {
  readonly #parts: ReconfigurationParts;
  #last: Promise<unknown> = Promise.resolve();
  #requested: 'none' | 'waiting' = 'none';

  constructor(parts: ReconfigurationParts) {
    this.#parts = parts;
  }

  async plan(): Promise<Planned> {
    return this.#inTurn(async () => {
      const reading = await this.#read();
      return reading.kind === 'refused' ? reading : { kind: 'planned', plan: this.#planOf(reading) };
    });
  }

  /** `planned` is called before the engine is asked: what follows may happen before its reply is seen. */
  async apply(
    actor: string,
    planned: (plan: PlanView, target: FleetSpec) => void,
    identity?: CommandIdentity,
  ): Promise<Applied> {
    return this.#inTurn(async () => {
      const reading = await this.#read();
      if (reading.kind === 'refused') return reading;
      const plan = this.#planOf(reading);
      planned(plan, reading.spec);
      const submitted = await this.#parts.desk.submit(
        actor,
        { verb: 'apply', target: reading.spec },
        identity,
      );
      tellApplied(this.#parts.log, actor, plan, submitted.answer);
      return { kind: 'submitted', plan, submitted };
    });
  }

  /** SIGHUP: nobody waits for an answer, so the log has it. One that has not begun yet will see the files as they are then. */
  request(actor: string): void {
    if (this.#requested === 'waiting') return;
    this.#requested = 'waiting';
    void this.apply(actor, () => undefined).then(
      (applied) => {
        if (applied.kind === 'refused') tellRefused(this.#parts.log, actor, applied.diagnostics);
      },
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.#parts.log({ level: 'error', text: `the configuration could not be applied: ${why}` });
      },
    );
  }

  #planOf(reading: Read): PlanView {
    return planOf(this.#parts.view, reading, this.#parts.settings.configuration);
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve(undefined);
    }
  }

  async #read(): Promise<ConfigurationReading> {
    this.#requested = 'none';
    const { settings, readConfiguration } = this.#parts;
    const { directory } = settings.configuration;
    const { promise, resolve } = Promise.withResolvers<ConfigurationReading>();
    const timer = setTimeout(() => {
      resolve(unreadable(directory, `cannot be read within ${READ_LIMIT_MS / 1000} s`));
    }, READ_LIMIT_MS);
    readConfiguration(settings).then(resolve, (error: unknown) => {
      resolve(unreadable(directory, error instanceof Error ? error.message : 'cannot be read'));
    });
    return promise.finally(() => {
      clearTimeout(timer);
    });
  }
}

function unreadable(directory: string, message: string): ConfigurationReading {
  const place = { file: directory, line: 1, column: 1, key: '' };
  const remedy = 'See that the directory can be read, then try again.';
  const diagnostic: DiagnosticView = { severity: 'error', ...place, message, remedy };
  return { kind: 'refused', diagnostics: [diagnostic], rendered: `${directory}: ${message}\n  ${remedy}\n` };
}

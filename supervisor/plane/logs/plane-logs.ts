// What the control plane does about logs: Bosun's own lines, the channel to the logs' thread, what is sent to sinks, the compression of rotated
// files. Each goes on without the others.
import { FileCompression } from './file-compression.ts';
import { createKnownSecrets } from '../secrets/known-secrets.ts';
import { LogClient } from './log-client.ts';
import { createOwnLog, type OwnLog } from './own-log.ts';
import { Shipping } from './shipping/shipping.ts';
import type { Ports } from '../ports.ts';
import type { FleetView, Hello } from '../views/fleet-view.ts';

export class PlaneLogs {
  readonly client: LogClient;
  readonly log: OwnLog;
  readonly shipping: Shipping;
  readonly #view: FleetView;
  readonly #compression: FileCompression;

  constructor({ settings }: Hello, view: FleetView, { socketCalls }: Pick<Ports, 'socketCalls'>) {
    this.#view = view;
    this.client = new LogClient((service) => {
      this.#compress(service);
    });
    const secrets = createKnownSecrets((name) => view.find(name)?.spec, process.env);
    const own = { format: settings.logFormat, pid: settings.enginePid, secrets };
    this.log = createOwnLog(own, (line) => {
      this.client.writeOwn(line);
    });
    this.shipping = new Shipping({ settings, calls: socketCalls, tell: this.log });
    this.#compression = new FileCompression(({ directory, errno, text }) => {
      this.log({ level: 'error', text: `cannot compress log files in ${directory}: ${text} (${errno})` });
    });
  }

  start(): void {
    this.shipping.start();
    for (const { name } of this.#view.spec.services) this.#compress(name);
  }

  /** `untilMs`: of performance.now(). Never rejects. */
  async finish(untilMs: number): Promise<void> {
    await Promise.all([this.shipping.finish(untilMs), this.#compression.close()]);
  }

  #compress(service: string): void {
    const file = this.#view.find(service)?.spec.logs.file;
    if (file !== undefined) this.#compression.look(file);
  }
}

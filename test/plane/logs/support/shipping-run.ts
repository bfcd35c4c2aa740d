// The shipping of the control plane on the queues of a Spooling, with short times.
import { datagramCalls } from '../../../../supervisor/os/libc-datagram.ts';
import { Shipping } from '../../../../supervisor/plane/logs/shipping/shipping.ts';
import type { SinkStatus } from '../../../../supervisor/plane/logs/shipping/sink-status.ts';
import { until } from '../../../support/deadline.ts';
import type { Spooling } from './spooling.ts';

const QUICK = {
  backOff: { firstMs: 10, mostMs: 50 },
  lingerMs: 5,
  worthTellingMs: 0,
} as const;

export class ShippingRun implements AsyncDisposable {
  readonly told: string[] = [];
  readonly shipping: Shipping;

  constructor({ spoolDir, sinks }: Spooling, times: object = {}) {
    this.shipping = new Shipping({
      settings: { spoolDir, sinks },
      calls: datagramCalls,
      tell: ({ text }) => {
        this.told.push(text);
      },
      times: { ...QUICK, ...times },
    });
    this.shipping.start();
  }

  async statusOf(name: string): Promise<SinkStatus | undefined> {
    return (await this.shipping.status()).find((status) => status.name === name);
  }

  /** Until the receiver has answered for all that was written. */
  async sent(name: string, lines: number): Promise<SinkStatus> {
    return until(`${lines} lines sent by ${name}`, async () => {
      const status = await this.statusOf(name);
      return status !== undefined && status.sentLines >= lines ? status : undefined;
    });
  }

  /** As a thread that dies: nothing is sent any more, and what was not answered counts for nothing. */
  async kill(): Promise<void> {
    await this.shipping.finish(performance.now());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

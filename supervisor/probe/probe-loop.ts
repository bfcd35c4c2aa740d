// Asks again and again, one question at a time. Eager: until the first success after 5 ms, then growing by half up to the
// period, so that a ready service is known within 10 ms. Steady: once a period. What the answers mean is the core's business.
import type { ProbeAnswer } from '../core/input.ts';
import type { PlannedProbe } from '../core/probe-plan.ts';
import { failed, type Probe, reasonOf } from './probe.ts';

const EAGER_FIRST_MS = 5;
const EAGER_GROWTH = 1.5;

export class ProbeLoop implements Disposable {
  readonly #probe: Probe;
  readonly #planned: PlannedProbe;
  readonly #report: (answer: ProbeAnswer) => void;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #delayMs: number;

  constructor(probe: Probe, planned: PlannedProbe, report: (answer: ProbeAnswer) => void) {
    this.#probe = probe;
    this.#planned = planned;
    this.#report = report;
    this.#delayMs = planned.pace === 'eager' ? EAGER_FIRST_MS : planned.probe.periodMs;
    this.#schedule(planned.pace === 'eager' ? 0 : planned.probe.periodMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      void this.#ask();
    }, delayMs);
  }

  async #ask(): Promise<void> {
    const answer = await this.#answer();
    if (this.#stop.signal.aborted) return;
    this.#schedule(this.#delayMs);
    if (this.#planned.pace === 'eager')
      this.#delayMs = Math.min(this.#delayMs * EAGER_GROWTH, this.#planned.probe.periodMs);
    this.#report(answer);
  }

  /** The timeout holds whatever the probe does with its signal. */
  async #answer(): Promise<ProbeAnswer> {
    const { timeoutMs } = this.#planned.probe;
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort();
    }, timeoutMs);
    const signal = AbortSignal.any([this.#stop.signal, timeout.signal]);
    const late = new Promise<ProbeAnswer>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve(failed(`no answer within ${String(timeoutMs)} ms`));
      });
    });
    try {
      return await Promise.race([late, this.#probe(signal)]);
    } catch (error) {
      return failed(reasonOf(error));
    } finally {
      clearTimeout(timer);
    }
  }
}

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
  #life: 'asking' | 'over' = 'asking';
  #question: AbortController | undefined;
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
    this.#life = 'over';
    clearTimeout(this.#timer);
    this.#question?.abort();
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      void this.#ask();
    }, delayMs);
  }

  async #ask(): Promise<void> {
    const answer = await this.#answer();
    if (this.#life === 'over') return;
    this.#schedule(this.#delayMs);
    if (this.#planned.pace === 'eager')
      this.#delayMs = Math.min(this.#delayMs * EAGER_GROWTH, this.#planned.probe.periodMs);
    this.#report(answer);
  }

  /**
   * The timeout holds whatever the probe does with its signal. One controller for each question: AbortSignal.any would
   * keep something of every question for as long as the loop lives.
   */
  async #answer(): Promise<ProbeAnswer> {
    const { timeoutMs } = this.#planned.probe;
    const question = new AbortController();
    this.#question = question;
    const late = Promise.withResolvers<ProbeAnswer>();
    const timer = setTimeout(() => {
      late.resolve(failed(`no answer within ${timeoutMs} ms`));
      question.abort();
    }, timeoutMs);
    try {
      return await Promise.race([late.promise, this.#probe(question.signal)]);
    } catch (error) {
      return failed(reasonOf(error));
    } finally {
      clearTimeout(timer);
    }
  }
}

// Asks again and again. Eager: until the first success after 5 ms, then growing by half up to the period, so that a ready
// service is known within 10 ms. Steady: once a period. What the answers mean is the core's business.
import type { ProbeAnswer } from '../core/input.ts';
import type { PlannedProbe } from '../core/probe-plan.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { failed, failedLate, type Probe, reasonOf } from './probe.ts';

const EAGER_FIRST_MS = 5;
const EAGER_GROWTH = 1.5;

/** CLOCK_MONOTONIC and timers on it, of any length and never early. */
export type ProbeClock = {
  nowMs(): number;
  at(atMs: number, callback: () => void): { cancel(): void };
};

export type ProbeLoopOptions = {
  readonly probe: Probe;
  readonly planned: PlannedProbe;
  /** When the process was launched: the initial delay counts from there, as in Kubernetes. */
  readonly launchedAtMs: number;
  readonly clock: ProbeClock;
  /** `tookMs`: from the question to the answer, or to the time limit. */
  readonly report: (answer: ProbeAnswer, tookMs: number) => void;
  /** Waited for before each question: what is held back has no time limit yet, and has not failed. */
  readonly mayAsk?: (() => Promise<void>) | undefined;
};

export class ProbeLoop implements Disposable {
  readonly #probe: Probe;
  readonly #options: ProbeLoopOptions;
  #life: 'asking' | 'over' = 'asking';
  #pace: PlannedProbe['pace'];
  #eagerGapMs: number;
  #question: AbortController | undefined;
  #timer: ReturnType<ProbeClock['at']>;

  constructor(options: ProbeLoopOptions) {
    const { planned, probe } = options;
    this.#options = options;
    this.#probe = oneAtATime(probe);
    this.#pace = planned.pace;
    this.#eagerGapMs = Math.min(EAGER_FIRST_MS, planned.probe.periodMs);
    this.#timer = this.#askAt(this.#firstAtMs());
  }

  [Symbol.dispose](): void {
    this.#life = 'over';
    this.#timer.cancel();
    this.#question?.abort();
  }

  #firstAtMs(): number {
    const { planned, launchedAtMs, clock } = this.#options;
    const { initialDelayMs, periodMs } = planned.probe;
    const nowMs = clock.nowMs();
    const allowedAtMs = launchedAtMs + initialDelayMs;
    if (allowedAtMs > nowMs) return allowedAtMs;
    return this.#pace === 'eager' ? nowMs : nowMs + periodMs;
  }

  #askAt(atMs: number): ReturnType<ProbeClock['at']> {
    return this.#options.clock.at(atMs, () => {
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    await this.#options.mayAsk?.();
    if (this.#isOver()) return;
    const askedAtMs = this.#options.clock.nowMs();
    const answer = await this.#answer();
    if (this.#isOver()) return;
    const tookMs = this.#options.clock.nowMs() - askedAtMs;
    // Where several successes in a row are asked for, they are a period apart.
    if (answer.kind === 'ok') this.#pace = 'steady';
    this.#timer = this.#askAt(this.#nextAtMs(askedAtMs));
    this.#options.report(answer, tookMs);
  }

  #isOver(): boolean {
    return this.#life === 'over';
  }

  /** A period lies between two questions, as in Kubernetes; an eager gap follows the answer, which may have taken longer. */
  #nextAtMs(askedAtMs: number): number {
    const { clock, planned } = this.#options;
    const { periodMs } = planned.probe;
    const nowMs = clock.nowMs();
    if (this.#pace === 'steady') return Math.max(nowMs, askedAtMs + periodMs);
    const gapMs = this.#eagerGapMs;
    this.#eagerGapMs = Math.min(gapMs * EAGER_GROWTH, periodMs);
    return nowMs + gapMs;
  }

  /**
   * The timeout holds whatever the probe does with its signal. One controller for each question: AbortSignal.any would
   * keep something of every question for as long as the loop lives.
   */
  async #answer(): Promise<ProbeAnswer> {
    const { clock, planned } = this.#options;
    const { timeoutMs } = planned.probe;
    const question = new AbortController();
    this.#question = question;
    const late = Promise.withResolvers<ProbeAnswer>();
    const timer = clock.at(clock.nowMs() + timeoutMs, () => {
      late.resolve(failedLate(timeoutMs));
      question.abort();
    });
    try {
      return await Promise.race([late.promise, this.#probe(question.signal)]);
    } catch (error) {
      return failed(reasonOf(error));
    } finally {
      timer.cancel();
    }
  }
}

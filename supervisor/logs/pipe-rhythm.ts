// When to read which pipe. One that is written to now and then is waited for in the kernel. One that is written to all the time is taken off
// epoll(7), so that its writer wakes nobody, and looked at every millisecond: a read takes what a thousand writes have left. Reads nothing.
import type { Pipe } from './pipe.ts';
import type { LogPorts } from './ports.ts';

/** Readable again so soon after a read: it is written to all the time. */
const BUSY_WITHIN_MS = 2;
/** So many looks in a row at an empty pipe, and it is waited for again. */
const LOOKS_IN_VAIN = 8;
const LOOK_AGAIN_MS = 1;
/** A pipe of this size takes what is written within a few milliseconds; the kernel's 64 KiB would hold up the writer. */
const LARGE_PIPE_BYTES = 1_048_576;
const MANY_BYTES = 32_768;
/** Of all pipes: pipe(7), pipe-user-pages-soft is 64 MiB for all of a user's, and whoever is beyond it gets pipes of two pages. */
const MOST_LARGE_PIPES = 24;

/** What pipe2(2) makes; see pipe(7). */
const USUAL_PIPE_BYTES = 65_536;

type Busy = { readonly pipe: Pipe; vain: number; pipeBytes: number };

export class PipeRhythm {
  readonly #ports: Pick<LogPorts, 'poll' | 'growPipe'>;
  readonly #waiting = new Map<number, Pipe>();
  readonly #busy = new Map<Pipe, Busy>();
  readonly #lastReadMs = new Map<Pipe, number>();
  readonly #large = new Set<Pipe>();
  /** A pipe was half full or more at the last look: its writer may be waiting. */
  #pressed = false;
  #held = false;

  constructor(ports: Pick<LogPorts, 'poll' | 'growPipe'>) {
    this.#ports = ports;
  }

  add(pipe: Pipe): void {
    this.#waiting.set(pipe.lent.fd, pipe);
    if (!this.#held) this.#wait(pipe);
  }

  remove(pipe: Pipe): void {
    this.#waiting.delete(pipe.lent.fd);
    this.#ports.poll.forget(pipe.lent.fd);
    this.#busy.delete(pipe);
    this.#lastReadMs.delete(pipe);
    this.#large.delete(pipe);
  }

  /** Nothing is read until `release`. */
  hold(): void {
    this.#held = true;
    for (const fd of this.#waiting.keys()) this.#ports.poll.forget(fd);
  }

  release(): void {
    this.#held = false;
    for (const pipe of [...this.#waiting.values()]) this.#wait(pipe);
  }

  /** How long the next wait may be for the pipes' sake. */
  takeWaitMs(): number {
    if (this.#busy.size === 0 || this.#held) return Infinity;
    const waitMs = this.#pressed ? 0 : LOOK_AGAIN_MS;
    this.#pressed = false;
    return waitMs;
  }

  /** Those to be read now. */
  due(ready: readonly number[]): readonly Pipe[] {
    if (this.#held) return [];
    const waited = ready.flatMap((fd) => this.#waiting.get(fd) ?? []);
    return this.#busy.size === 0 ? waited : [...waited, ...this.#busy.keys()];
  }

  /** After each read, of so many bytes. */
  took(pipe: Pipe, bytes: number, nowMs: number): void {
    const busy = this.#busy.get(pipe);
    if (busy !== undefined) {
      busy.vain = bytes > 0 ? 0 : busy.vain + 1;
      if (busy.vain >= LOOKS_IN_VAIN) this.#calm(pipe);
      else if (bytes > MANY_BYTES) this.#enlarge(busy);
      if (bytes >= busy.pipeBytes / 2) this.#pressed = true;
      return;
    }
    if (bytes === 0) return;
    const lastMs = this.#lastReadMs.get(pipe) ?? -Infinity;
    this.#lastReadMs.set(pipe, nowMs);
    if (bytes > MANY_BYTES || nowMs - lastMs < BUSY_WITHIN_MS) this.#rush(pipe);
  }

  /** What cannot be waited for is no pipe: it is read, and ends or fails. */
  #wait(pipe: Pipe): void {
    if (this.#ports.poll.watch(pipe.lent.fd, 'readable') === 'refused') this.#rush(pipe);
  }

  #rush(pipe: Pipe): void {
    this.#waiting.delete(pipe.lent.fd);
    this.#ports.poll.forget(pipe.lent.fd);
    this.#busy.set(pipe, {
      pipe,
      vain: 0,
      pipeBytes: this.#large.has(pipe) ? LARGE_PIPE_BYTES : USUAL_PIPE_BYTES,
    });
  }

  #calm(pipe: Pipe): void {
    this.#busy.delete(pipe);
    this.#lastReadMs.delete(pipe);
    this.add(pipe);
  }

  #enlarge(busy: Busy): void {
    const { pipe } = busy;
    if (this.#large.has(pipe) || this.#large.size >= MOST_LARGE_PIPES) return;
    if (this.#ports.growPipe(pipe.lent.fd, LARGE_PIPE_BYTES) === 'refused') return;
    this.#large.add(pipe);
    busy.pipeBytes = LARGE_PIPE_BYTES;
  }
}

// A small fleet to show: specs with every field filled in, and events numbered and stamped as the engine does it.
import type { BosunEvent, RecordedEvent } from '../../../supervisor/core/event.ts';
import type { Pid, RunId, ServiceName } from '../../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../../supervisor/core/service-spec.ts';
import { service as plainService } from '../../support/specs.ts';

export function name(text: string): ServiceName {
  return text as ServiceName;
}

export function run(number: number): RunId {
  return number as RunId;
}

function pid(number: number): Pid {
  return number as Pid;
}

export function service(text: string, overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return plainService(text, { description: `the ${text}`, ...overrides });
}

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class Recorder {
  #id = 0;
  readonly #seqs = new Map<string, number>();

  record(event: BosunEvent, command = '', actor = 'bosun'): RecordedEvent {
    this.#id += 1;
    const service = 'service' in event ? event.service : '';
    const seq = service === '' ? 0 : (this.#seqs.get(service) ?? 0) + 1;
    this.#seqs.set(service, seq);
    return {
      id: this.#id,
      seq,
      timeMs: Date.now(),
      monotonicMs: nowMs(),
      version: 1,
      actor,
      command,
      cause: 0,
      event,
    };
  }

  get lastId(): number {
    return this.#id;
  }
}

/** The events of a run from start to ready. */
export function comesUp(
  text: string,
  runNumber: number,
  pidNumber = 1000 + runNumber,
): readonly BosunEvent[] {
  const startedAtMs = nowMs() - 83;
  const base = { service: name(text), run: run(runNumber) };
  return [
    { type: 'starting', ...base, atMs: startedAtMs },
    { type: 'spawned', ...base, pid: pid(pidNumber), degraded: [] },
    { type: 'ready', ...base, atMs: startedAtMs + 83 },
  ];
}

export function failsWith(
  text: string,
  runNumber: number,
  code: number,
  delayMs: number,
): readonly BosunEvent[] {
  const base = { service: name(text), run: run(runNumber) };
  const exit = { kind: 'code', code } as const;
  return [
    { type: 'exited', ...base, exit },
    { type: 'backing-off', ...base, reason: { kind: 'exit', exit }, delayMs, atMs: nowMs(), keepRestarts: 1 },
  ];
}

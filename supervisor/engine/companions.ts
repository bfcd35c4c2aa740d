// The commands of ours that accompany a run: its reload command and its hooks. Each ends with the run, or when it is cancelled;
// how it went comes back as an input. Decides nothing.
import type { CommandOutcome } from '../core/event.ts';
import type { Input } from '../core/input.ts';
import type { Pid, RunId } from '../core/names.ts';
import type { HookName, ServiceSpec } from '../core/service-spec.ts';
import type { Effect } from '../core/effect.ts';
import type { EnginePorts } from './ports.ts';
import type { RunAttachments } from './run-attachments.ts';

export class Companions {
  readonly #ports: Pick<EnginePorts, 'reload' | 'hook'>;
  readonly #attachments: RunAttachments;
  readonly #hooks = new Map<string, AbortController>();

  constructor(ports: Pick<EnginePorts, 'reload' | 'hook'>, attachments: RunAttachments) {
    this.#ports = ports;
    this.#attachments = attachments;
  }

  reload(spec: ServiceSpec, run: RunId, submit: (input: Input) => void): void {
    void this.#accompany(run, (signal) => this.#ports.reload(spec, signal), new AbortController()).then(
      (outcome) => {
        submit({ type: 'reloaded', service: spec.name, run, outcome });
      },
    );
  }

  hook(
    spec: ServiceSpec,
    { run, hook, exit }: Extract<Effect, { type: 'hook' }>,
    pid: Pid | undefined,
    submit: (input: Input) => void,
  ): void {
    const abort = new AbortController();
    const key = keyOf(run, hook);
    this.#hooks.set(key, abort);
    void this.#accompany(
      run,
      (signal) => this.#ports.hook(spec, { hook, run, pid, exit }, signal),
      abort,
    ).then((outcome) => {
      this.#hooks.delete(key);
      submit({ type: 'hook-finished', service: spec.name, run, hook, outcome });
    });
  }

  cancelHook(run: RunId, hook: HookName): void {
    this.#hooks.get(keyOf(run, hook))?.abort();
  }

  async #accompany(
    run: RunId,
    work: (signal: AbortSignal) => Promise<CommandOutcome>,
    abort: AbortController,
  ): Promise<CommandOutcome> {
    const detach = this.#attachments.add(run, {
      [Symbol.dispose]: () => {
        abort.abort();
      },
    });
    const outcome = await work(abort.signal).catch(toFailure);
    detach();
    return outcome;
  }
}

function keyOf(run: RunId, hook: HookName): string {
  return `${run} ${hook}`;
}

function toFailure(error: unknown): CommandOutcome {
  return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
}

// The commands of ours that accompany a run: its reload command and its hooks. Each ends with the run, or when it is cancelled;
// how it went comes back as an input. Decides nothing.
import type { CommandOutcome } from '../core/event.ts';
import type { Input } from '../core/input.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { Pid, RunId, ServiceName } from '../core/names.ts';
import type { HookName, ServiceSpec } from '../core/service-spec.ts';
import type { Effect } from '../core/effect.ts';
import type { EnginePorts } from './ports.ts';
import type { RunAttachments } from './run-attachments.ts';

/** A command of ours that has not come back. */
export type Errand =
  | { readonly kind: 'reload'; readonly service: ServiceName; readonly run: RunId }
  | {
      readonly kind: 'hook';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly hook: HookName;
      readonly exit: ExitStatus | undefined;
    };

export class Companions {
  readonly #ports: Pick<EnginePorts, 'reload' | 'hook'>;
  readonly #attachments: RunAttachments;
  readonly #hooks = new Map<string, AbortController>();
  readonly #errands = new Set<Errand>();

  constructor(ports: Pick<EnginePorts, 'reload' | 'hook'>, attachments: RunAttachments) {
    this.#ports = ports;
    this.#attachments = attachments;
  }

  /** Those under way, and those that wait to be begun. */
  get errands(): readonly Errand[] {
    return [...this.#errands];
  }

  reload(spec: ServiceSpec, run: RunId, submit: (input: Input) => void): void {
    const errand: Errand = { kind: 'reload', service: spec.name, run };
    void this.#accompany(errand, (signal) => this.#ports.reload(spec, signal), new AbortController()).then(
      (outcome) => {
        submit({ type: 'reloaded', service: spec.name, run, outcome });
      },
    );
  }

  hook(
    spec: ServiceSpec,
    { run, hook, exit }: Pick<Extract<Effect, { type: 'hook' }>, 'run' | 'hook' | 'exit'>,
    pid: Pid | undefined,
    submit: (input: Input) => void,
  ): void {
    const abort = new AbortController();
    const key = keyOf(run, hook);
    this.#hooks.set(key, abort);
    void this.#accompany(
      { kind: 'hook', service: spec.name, run, hook, exit },
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
    errand: Errand,
    work: (signal: AbortSignal) => Promise<CommandOutcome>,
    abort: AbortController,
  ): Promise<CommandOutcome> {
    this.#errands.add(errand);
    const detach = this.#attachments.add(errand.run, {
      [Symbol.dispose]: () => {
        abort.abort();
      },
    });
    const outcome = await work(abort.signal).catch(toFailure);
    detach();
    this.#errands.delete(errand);
    return outcome;
  }
}

function keyOf(run: RunId, hook: HookName): string {
  return `${run} ${hook}`;
}

function toFailure(error: unknown): CommandOutcome {
  return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
}

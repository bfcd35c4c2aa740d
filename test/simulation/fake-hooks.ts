// The commands of ours that are under way: hooks and stop commands. They end when they like, well or not, and at the latest when they
// are cancelled or their run has ended.
import type { Effect } from '../../supervisor/core/effect.ts';
import type { Input } from '../../supervisor/core/input.ts';
import type { RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { HookName } from '../../supervisor/core/service-spec.ts';

export type FakeHook = { readonly service: ServiceName; readonly run: RunId; readonly hook: HookName };

export class FakeHooks {
  readonly #underWay: FakeHook[] = [];

  get underWay(): readonly FakeHook[] {
    return this.#underWay;
  }

  begin({ service, run, hook }: Extract<Effect, { type: 'hook' }>): void {
    this.#underWay.push({ service, run, hook });
  }

  end(hook: FakeHook, kind: 'done' | 'failed'): readonly Input[] {
    const at = this.#underWay.indexOf(hook);
    if (at < 0) return [];
    this.#underWay.splice(at, 1);
    return [{ type: 'hook-finished', ...hook, outcome: { kind, detail: kind } }];
  }

  cancel(run: RunId, name: HookName): readonly Input[] {
    const hook = this.#underWay.find((each) => each.run === run && each.hook === name);
    return hook === undefined ? [] : this.end(hook, 'failed');
  }

  /** As the engine does: what accompanies a run ends with its leader. */
  endWithRun(run: RunId): readonly Input[] {
    return this.#underWay.filter((hook) => hook.run === run).flatMap((hook) => this.end(hook, 'failed'));
  }

  isUnderWay(run: RunId, name: HookName): boolean {
    return this.#underWay.some((hook) => hook.run === run && hook.hook === name);
  }
}

// What the configuration as its files are now would change, and applying it.
import type { ApplyView, PlanView } from '../../wire/plan-view.ts';
import type { WaitQuery } from '../../wire/requests.ts';
import { OutcomeWatch } from '../commands/outcome-watch.ts';
import { TransitionAim } from '../commands/transition-aim.ts';
import type { Applied, Refused } from '../configuration/reconfiguration.ts';
import { projectService } from '../views/service-projection.ts';
import { refuseAnswer, refuseOutcome } from './command-refusal.ts';
import type { ApiContext, Handler } from './context.ts';
import { json, refuse } from './problem-response.ts';

export const showPlan: Handler = async ({ reconfiguration }) => {
  const planned = await reconfiguration.plan();
  return planned.kind === 'refused' ? refuseConfiguration(planned) : json(planned.plan);
};

export const applyConfiguration: Handler = async (context, request) => {
  using watching = new Watching(context);
  const { actor, identity } = request;
  const begin = (plan: PlanView): void => {
    watching.begin(plan);
  };
  const applied = await context.reconfiguration.apply(actor, begin, identity);
  if (applied.kind === 'refused') return refuseConfiguration(applied);
  const { plan, submitted } = applied;
  if (submitted.answer.kind !== 'accepted') return refuseAnswer(context.view, submitted.id, submitted.answer);
  const waitMs = (request.query as WaitQuery).wait;
  if (waitMs === undefined) return answer(context, applied, 'accepted', [], 202);
  const end = await watching.outcome(waitMs, request.gone);
  if (end.kind === 'abandoned') return answer(context, applied, 'accepted', [], 202);
  if (end.kind !== 'reached')
    return refuseOutcome(context.view, { command: submitted.id, what: 'apply', waitMs, plan }, end);
  return answer(context, applied, 'reached', watching.views);
};

/** From when the plan is known, which is before the engine is asked. */
class Watching implements Disposable {
  readonly #context: ApiContext;
  #begun: { readonly aim: TransitionAim; readonly watch: OutcomeWatch } | undefined;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  begin(plan: PlanView): void {
    const aim = new TransitionAim(this.#context.view, plan);
    this.#begun = { aim, watch: new OutcomeWatch(this.#context.view, aim) };
  }

  async outcome(waitMs: number, gone: AbortSignal): ReturnType<OutcomeWatch['outcome']> {
    return (await this.#begun?.watch.outcome(waitMs, gone)) ?? { kind: 'reached' };
  }

  get views(): ApplyView['views'] {
    const services = this.#begun?.aim.services ?? [];
    return services.map((seen) => projectService(this.#context.view, seen));
  }

  [Symbol.dispose](): void {
    this.#begun?.watch[Symbol.dispose]();
  }
}

function answer(
  { view }: ApiContext,
  { plan, submitted }: Extract<Applied, { kind: 'submitted' }>,
  outcome: ApplyView['outcome'],
  views: ApplyView['views'],
  status = 200,
): Response {
  const body: ApplyView = {
    ...plan,
    command: submitted.id,
    outcome,
    views,
    last_event_id: view.events.lastId,
  };
  return json(body, status);
}

function refuseConfiguration({ diagnostics, rendered }: Refused): Response {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const detail = `The configuration has ${errors} ${errors === 1 ? 'error' : 'errors'}; nothing was changed.`;
  return refuse('configuration-refused', detail, { diagnostics, rendered });
}

// Why a command came to nothing, as a problem document: the engine refused it or did not answer, it failed, or time was up.
import type { ProblemExtras } from '../../wire/problem.ts';
import type { ServiceView } from '../../wire/service-view.ts';
import type { DeskAnswer } from '../commands/command-desk.ts';
import type { Failure, WatchEnd } from '../commands/outcome-watch.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { projectService } from '../views/service-projection.ts';
import { refuse, refuseCommand } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';

export function refuseAnswer(
  view: FleetView,
  command: string,
  answer: Exclude<DeskAnswer, { kind: 'accepted' }>,
): Response {
  switch (answer.kind) {
    case 'refused':
      return refuseCommand(answer.error, namesIn(view));
    case 'no-answer':
      return refuse('engine-timeout', 'The engine did not answer within 5 s.', { command });
    case 'closed':
      return refuse('shutting-down', 'The control plane is being closed.', { command });
  }
}

/** `what` was asked for, in a word. */
export type Waited = Pick<ProblemExtras, 'plan'> & {
  readonly command: string;
  readonly what: string;
  readonly waitMs: number;
};

export function refuseOutcome(
  view: FleetView,
  { what, waitMs, ...extras }: Waited,
  end: Extract<WatchEnd, { kind: 'failed' | 'timeout' }>,
): Response {
  if (end.kind === 'timeout') return refuseLate(view, waitMs, end.missing, extras);
  const detail = end.failures.map((failure) => describeFailure(view, what, failure)).join('; ');
  const [first] = end.failures;
  return refuse('outcome-failed', detail, { ...(first && { service: first.service }), ...extras });
}

function describeFailure(view: FleetView, what: string, { service, why }: Failure): string {
  const [current] = projectNamed(view, service);
  const note = current === undefined || current.note === '' ? '' : ` (${current.note})`;
  return `${service}: ${what} failed: ${why}${note}`;
}

function refuseLate(
  view: FleetView,
  waitMs: number,
  missing: readonly string[],
  extras: ProblemExtras,
): Response {
  const waitingFor = missing.flatMap((name) =>
    projectNamed(view, name).map(({ state, note }) => ({ service: name, state, note })),
  );
  const list = waitingFor.map(
    ({ service, state, note }) => `${service} (${state}${note === '' ? '' : `, ${note}`})`,
  );
  const detail = `After ${waitMs} ms still waiting for ${list.join('; ')}.`;
  return refuse('wait-timeout', detail, { ...extras, waiting_for: waitingFor });
}

export function projectNamed(view: FleetView, name: string): readonly ServiceView[] {
  const seen = view.find(name);
  return seen === undefined ? [] : [projectService(view, seen)];
}

// Which keys go with which type of service. A timer waits for its time and is never ready; a oneshot is ready only where it says how.
import type { ServiceType } from '../core/service-spec.ts';
import { attachedContradictions, strangeToOthers } from './attached-contradictions.ts';
import { atKey, atValue, type Contradiction, type Has } from './contradiction.ts';
import type { Path } from './plain-value.ts';

type Facts = { readonly type: ServiceType; readonly essential: boolean; readonly main: boolean };

type Rule = {
  readonly path: Path;
  readonly not: readonly ServiceType[];
  /** After "a timer". */
  readonly words: string;
  readonly remedy: string;
};

const NO_END = 'Remove it; only a service or a oneshot can end the container.';
const LIMIT = 'Remove it; startup.timeout limits the time of a run.';
const MAKE_TIMER = 'Add type: timer, or remove it.';

const RULES: readonly Rule[] = [
  { path: ['main'], not: ['timer'], words: 'cannot be main', remedy: NO_END },
  { path: ['essential'], not: ['timer'], words: 'cannot be essential', remedy: NO_END },
  { path: ['readiness'], not: ['timer'], words: 'is never ready', remedy: LIMIT },
  { path: ['liveness'], not: ['timer'], words: 'is not asked whether it is alive', remedy: LIMIT },
  { path: ['startup', 'probe'], not: ['timer'], words: 'has no startup probe', remedy: LIMIT },
  { path: ['reload'], not: ['timer'], words: 'is not reloaded', remedy: 'Remove it.' },
  {
    path: ['hooks', 'post_start'],
    not: ['timer'],
    words: 'is never ready, so this hook would not run',
    remedy: 'Use pre_start or post_stop, or make it a part of the command.',
  },
  {
    path: ['down'],
    not: ['service', 'timer', 'attached'],
    words: 'has no down command',
    remedy: 'Use stop or hooks: { post_stop: [..] }, or make it a oneshot.',
  },
  {
    path: ['schedule'],
    not: ['service', 'oneshot', 'attached'],
    words: 'has no schedule',
    remedy: MAKE_TIMER,
  },
  { path: ['every'], not: ['service', 'oneshot', 'attached'], words: 'has no schedule', remedy: MAKE_TIMER },
  {
    path: ['time_zone'],
    not: ['service', 'oneshot', 'attached'],
    words: 'has no schedule',
    remedy: MAKE_TIMER,
  },
];

const A_SERVICE: Readonly<Record<ServiceType, string>> = {
  service: 'a service',
  oneshot: 'a oneshot',
  timer: 'a timer',
  attached: 'an attached service',
};

export function typeContradictions(facts: Facts, has: Has): Contradiction[] {
  const { type } = facts;
  return [
    ...RULES.filter((rule) => rule.not.includes(type) && isSaid(rule.path, facts, has)).map((rule) =>
      atKey(rule.path, `${A_SERVICE[type]} ${rule.words}`, rule.remedy),
    ),
    ...(type === 'attached' ? attachedContradictions(facts, has) : strangeToOthers(A_SERVICE[type], has)),
    ...(type === 'timer' ? schedules(has) : []),
    ...(type === 'oneshot' ? unready(has) : []),
  ];
}

/** `main: false` says nothing new, and is right. */
function isSaid(path: Path, facts: Facts, has: Has): boolean {
  if (path[0] === 'main') return facts.main;
  return path[0] === 'essential' ? facts.essential : has(...path);
}

function schedules(has: Has): Contradiction[] {
  const cron = has('schedule');
  const message = 'a timer must have either schedule or every';
  if (cron && has('every')) return [atKey(['every'], message, 'Keep one of the two.')];
  if (!cron && !has('every'))
    return [atValue(['type'], message, 'Add one, such as every: 15m or schedule: "0 3 * * *".')];
  if (cron || !has('time_zone')) return [];
  return [atKey(['time_zone'], 'time_zone has no effect beside every', 'Remove it, or write a schedule.')];
}

const WHEN_READY: readonly Path[] = [['liveness'], ['reload'], ['hooks', 'post_start']];

/** Without readiness a oneshot ends before it is ready, and what is for a service that is ready never comes. */
function unready(has: Has): Contradiction[] {
  if (has('readiness') || has('startup', 'probe')) return [];
  const message = 'has no effect: a oneshot without readiness ends before it is ready';
  return WHEN_READY.filter((path) => has(...path)).map((path) =>
    atKey(path, `${String(path.at(-1))} ${message}`, 'Remove it, or say with readiness when it is ready.'),
  );
}

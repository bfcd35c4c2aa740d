// Fleets made of choices: services of every type with every rule of their life, and changed versions of a fleet for a new configuration.
import type { ProbeSpec } from '../../supervisor/core/probe-spec.ts';
import type { FleetSpec, Hooks, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { needs, service } from '../support/specs.ts';
import type { Choices } from './choices.ts';

const CONDITIONS = ['service_healthy', 'service_started', 'service_completed_successfully'] as const;
const SERVICE_CONDITIONS = ['service_healthy', 'service_started'] as const;
const HOOK = { command: ['true'], timeoutMs: 1000 } as const;

/** Services that may only need those before them: no cycles, which the configuration refuses. */
export function fleetFrom(choices: Choices): FleetSpec {
  const count = 1 + choices.below(5);
  const services: ServiceSpec[] = [];
  for (let index = 0; index < count; index++) services.push(serviceFrom(choices, index, services));
  return { services, shutdownBudgetMs: choices.pick([9000, 2000, 400]), forwards: [] };
}

/** Some services changed, one perhaps removed, one perhaps added: what an operator's next version looks like. */
export function changedFleet(choices: Choices, current: FleetSpec): FleetSpec {
  const removed = choices.below(8) - 1;
  const services: ServiceSpec[] = [];
  for (const [index, spec] of current.services.entries()) {
    if (index === removed) continue;
    const kept = new Set(services.map(({ name }) => name));
    const dependsOn = spec.dependsOn.filter(({ name }) => kept.has(name));
    services.push(changedService(choices, { ...spec, dependsOn }));
  }
  const free = freeIndex(services);
  if (services.length < 6 && choices.below(4) === 3) services.push(serviceFrom(choices, free, services));
  return { ...current, services };
}

function freeIndex(services: readonly ServiceSpec[]): number {
  let index = 0;
  while (services.some(({ name }) => name === nameOf(index))) index++;
  return index;
}

const nameOf = (index: number): string => `s${index}`;

function changedService(choices: Choices, spec: ServiceSpec): ServiceSpec {
  if (spec.type === 'attached')
    return choices.below(4) === 3 ? { ...spec, attachment: attachmentFrom(choices) } : spec;
  switch (choices.below(8)) {
    case 4:
      return { ...spec, command: ['version', `${choices.below(3)}`] };
    case 5:
      return { ...spec, restart: { ...spec.restart, policy: choices.pick(['on-failure', 'never']) } };
    case 6:
      return { ...spec, eligibility: eligibilityFrom(choices, 2) };
    case 7:
      return { ...spec, stop: stopFrom(choices), hooks: hooksFrom(choices) };
    default:
      return spec;
  }
}

function serviceFrom(choices: Choices, index: number, earlier: readonly ServiceSpec[]): ServiceSpec {
  const type = choices.pick(['service', 'service', 'service', 'oneshot', 'timer', 'attached'] as const);
  if (type === 'attached') return attachedFrom(choices, index, earlier);
  const started = choices.pick(['none', 'none', 'none', 'none', 'log', 'probe'] as const);
  return service(nameOf(index), {
    type,
    dependsOn: dependenciesFrom(choices, earlier),
    startup: type === 'service' ? { none: NO_STARTUP, log: LOG, probe: PROBED }[started] : NO_STARTUP,
    readiness: type === 'service' ? readinessFrom(choices) : { kind: 'spawned' },
    liveness: type === 'service' ? livenessFrom(choices) : { kind: 'none' },
    startupTimeoutMs: choices.pick([60_000, 60_000, 0, 300]),
    restart: {
      policy:
        type === 'service'
          ? choices.pick(['always', 'on-failure', 'never'])
          : choices.pick(['never', 'on-failure']),
      delayMs: choices.pick([500, 0, 10]),
      maxDelayMs: 3000,
      resetAfterMs: 60_000,
      burst: { count: choices.pick([0, 2]), windowMs: 60_000 },
    },
    importance:
      type === 'timer' ? 'normal' : choices.pick(['normal', 'normal', 'normal', 'essential', 'main']),
    stop: stopFrom(choices),
    hooks: hooksFrom(choices),
    down: type === 'oneshot' && choices.below(2) === 1 ? ['undo'] : undefined,
    schedule: type === 'timer' ? scheduleFrom(choices) : { kind: 'none' },
    reload: choices.pick([
      { kind: 'none' } as const,
      { kind: 'command', command: ['true'], timeoutMs: 1000 } as const,
    ]),
    eligibility: eligibilityFrom(choices, 12),
  });
}

/** A process that something else has started; `never` with `essential` is on_gone: exit. */
function attachedFrom(choices: Choices, index: number, earlier: readonly ServiceSpec[]): ServiceSpec {
  const policy = choices.pick(['always', 'always', 'never'] as const);
  return service(nameOf(index), {
    type: 'attached',
    command: undefined,
    attachment: attachmentFrom(choices),
    dependsOn: dependenciesFrom(choices, earlier),
    startup: choices.below(4) === 3 ? PROBED : NO_STARTUP,
    readiness: choices.pick([{ kind: 'spawned' } as const, PROBED]),
    liveness: choices.pick([{ kind: 'none' } as const, { ...PROBED, graceMs: 1000 } as const]),
    startupTimeoutMs: choices.pick([0, 0, 300]),
    restart: {
      policy,
      delayMs: choices.pick([500, 10]),
      maxDelayMs: 3000,
      resetAfterMs: 60_000,
      burst: { count: choices.pick([0, 2]), windowMs: 60_000 },
    },
    importance: choices.pick(['normal', 'normal', 'essential']),
    stop: { ...stopFrom(choices), killMode: 'process', command: undefined },
    reload: choices.pick([{ kind: 'none' } as const, { kind: 'signal', signal: 'SIGHUP' } as const]),
    successExitCodes: [],
    eligibility: eligibilityFrom(choices, 12),
  });
}

function attachmentFrom(choices: Choices): ServiceSpec['attachment'] {
  const command = choices.pick(['one', 'other']);
  return { kind: 'process', query: { command, executable: undefined, pidFile: undefined, uid: undefined } };
}

const PROBE: ProbeSpec = {
  action: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  initialDelayMs: 0,
  periodMs: 1000,
  timeoutMs: 500,
  successThreshold: 1,
  failureThreshold: 2,
};
const NO_STARTUP = { kind: 'none' } as const;
const LOG = { kind: 'log', pattern: 'up', stream: 'both' } as const;
const PROBED = { kind: 'probe', probe: PROBE } as const;

function readinessFrom(choices: Choices): ServiceSpec['readiness'] {
  return choices.pick([
    { kind: 'spawned' } as const,
    { kind: 'spawned' } as const,
    { kind: 'probe', probe: { ...PROBE, successThreshold: choices.pick([1, 1, 2]) } } as const,
    { kind: 'notify-socket' } as const,
    LOG,
  ]);
}

function livenessFrom(choices: Choices): ServiceSpec['liveness'] {
  return choices.pick([
    { kind: 'none' } as const,
    { ...PROBED, graceMs: choices.pick([1000, 0]) } as const,
    { kind: 'watchdog', periodMs: 1000, graceMs: 500 } as const,
  ]);
}

function stopFrom(choices: Choices): ServiceSpec['stop'] {
  return {
    signal: 'SIGTERM',
    timeoutMs: choices.pick([5000, 100, 0]),
    killMode: choices.pick(['group', 'group', 'mixed', 'process']),
    command: choices.below(4) === 3 ? ['stop'] : undefined,
  };
}

function hooksFrom(choices: Choices): Hooks {
  if (choices.below(3) < 2) return {};
  return {
    ...(choices.below(2) === 1 ? { pre_start: HOOK } : {}),
    ...(choices.below(3) === 2 ? { post_start: HOOK } : {}),
    ...(choices.below(3) === 2 ? { pre_stop: HOOK } : {}),
    ...(choices.below(2) === 1 ? { post_stop: HOOK } : {}),
  };
}

function scheduleFrom(choices: Choices): ServiceSpec['schedule'] {
  return choices.pick([
    { kind: 'every', periodMs: 2000 } as const,
    { kind: 'cron', expression: '* * * * *', timeZone: 'UTC' } as const,
    { kind: 'cron', expression: 'never', timeZone: 'UTC' } as const,
  ]);
}

function eligibilityFrom(choices: Choices, oneIn: number): ServiceSpec['eligibility'] {
  return choices.below(oneIn) === oneIn - 1 ? { kind: 'skipped', reason: 'not there' } : { kind: 'eligible' };
}

function dependenciesFrom(choices: Choices, earlier: readonly ServiceSpec[]): ServiceSpec['dependsOn'] {
  return earlier
    .filter((on) => on.type !== 'timer' && choices.below(2) === 1)
    .map((on) =>
      needs(on.name, {
        condition: on.type === 'oneshot' ? choices.pick(CONDITIONS) : choices.pick(SERVICE_CONDITIONS),
        need: choices.pick(['required', 'required', 'optional']),
        onRestart: choices.pick(['keep', 'keep', 'follow']),
      }),
    );
}

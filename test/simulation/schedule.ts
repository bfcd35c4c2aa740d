// One simulated schedule: a fleet, then as many happenings as there are choices, then an orderly end that must come.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FleetSpec, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { needs, service } from '../support/specs.ts';
import { Choices } from './choices.ts';
import { checkReplay, RULES } from './rules.ts';
import { World } from './world.ts';

const CONDITIONS = ['service_healthy', 'service_started', 'service_completed_successfully'] as const;
const PROBED = {
  kind: 'probe',
  probe: {
    action: { kind: 'tcp', host: '127.0.0.1', port: 1 },
    initialDelayMs: 0,
    periodMs: 1000,
    timeoutMs: 500,
    successThreshold: 1,
    failureThreshold: 2,
  },
} as const;

/** Services that may only need those before them: no cycles, which the configuration refuses. */
function fleetFrom(choices: Choices): FleetSpec {
  const count = 1 + choices.below(5);
  const services: ServiceSpec[] = [];
  for (let index = 0; index < count; index++) services.push(serviceFrom(choices, index, services));
  return { services, shutdownBudgetMs: choices.pick([9000, 2000, 400]), forwards: [] };
}

function serviceFrom(choices: Choices, index: number, earlier: readonly ServiceSpec[]): ServiceSpec {
  const type = choices.pick(['service', 'service', 'oneshot'] as const);
  const dependsOn = earlier
    .filter(() => choices.below(2) === 1)
    .map((on) =>
      needs(on.name, {
        condition:
          on.type === 'oneshot'
            ? choices.pick(CONDITIONS)
            : choices.pick(['service_healthy', 'service_started']),
        need: choices.pick(['required', 'required', 'optional']),
        onRestart: choices.pick(['keep', 'keep', 'follow']),
      }),
    );
  const policy =
    type === 'oneshot'
      ? choices.pick(['never', 'on-failure'] as const)
      : choices.pick(['always', 'on-failure', 'never'] as const);
  return service(`s${index}`, {
    type,
    dependsOn,
    readiness: type === 'service' && choices.below(2) === 1 ? PROBED : { kind: 'spawned' },
    liveness: type === 'service' && choices.below(3) === 2 ? { ...PROBED, graceMs: 1000 } : { kind: 'none' },
    startupTimeoutMs: choices.pick([60_000, 300, 0]),
    restart: {
      policy,
      delayMs: choices.pick([500, 0, 10]),
      maxDelayMs: 3000,
      resetAfterMs: 60_000,
      burst: { count: choices.pick([0, 2]), windowMs: 60_000 },
    },
    importance: choices.pick(['normal', 'normal', 'normal', 'essential', 'main']),
    stop: {
      signal: 'SIGTERM',
      timeoutMs: choices.pick([5000, 100, 0]),
      killMode: 'group',
      command: undefined,
    },
    reload: choices.pick([
      { kind: 'none' } as const,
      { kind: 'command', command: ['true'], timeoutMs: 1000 } as const,
    ]),
    eligibility: choices.below(12) === 11 ? { kind: 'skipped', reason: 'not there' } : { kind: 'eligible' },
  });
}

export const choiceStream = fc.array(fc.nat(1 << 16), { minLength: 60, maxLength: 600, size: 'max' });

/** Throws what the broken rule throws, with its promise in front. */
export function runSchedule(stream: readonly number[]): void {
  const choices = new Choices(stream);
  const spec = fleetFrom(choices);
  const world = new World(spec, choices, (step) => {
    for (const rule of RULES) {
      try {
        rule.check(step, world);
      } catch (error) {
        throw new Error(`${rule.promise}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
  });
  world.feed({ type: 'boot' });
  while (!choices.exhausted && world.exitCode === undefined) world.act();
  endWorld(world);
  checkReplay(world);
}

/** P5: whatever state the schedule left, a TERM ends the container in a bounded number of deadlines. */
function endWorld(world: World): void {
  world.feed({ type: 'signal-received', signal: 'SIGTERM', number: 15 });
  const budgetOver = world.nowMs + world.model.spec.shutdownBudgetMs;
  for (let deadlines = 0; world.exitCode === undefined; deadlines++) {
    assert.ok(deadlines < 200, 'P5: the shutdown does not end');
    assert.ok(world.advance(), 'P5: the shutdown waits for nothing');
    assert.ok(world.nowMs <= budgetOver, 'P5: the shutdown is over its budget');
  }
  assert.equal(
    world.livingProcesses,
    0,
    'P5: Bosun ended while services lived that SIGKILL would have ended',
  );
}

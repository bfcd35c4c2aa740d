// A command that comes again is not done again, whichever worker it comes from: within bounds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandResult } from '../../supervisor/core/effect.ts';
import { createFleet } from '../../supervisor/core/fleet.ts';
import type { Command } from '../../supervisor/core/input.ts';
import type { ServiceName } from '../../supervisor/core/names.ts';
import type { FromPlane, ToPlane } from '../../supervisor/core/plane-message.ts';
import { CommandMemory } from '../../supervisor/engine/command-memory.ts';
import { PlaneHost } from '../../supervisor/engine/plane-host.ts';
import type { KeptThreadObserver } from '../../supervisor/engine/thread-keeper.ts';
import { planeSettings } from '../support/plane-settings.ts';
import { fleetOf } from '../support/specs.ts';

const CADDY = 'caddy' as ServiceName;
const ACCEPTED: CommandResult = { kind: 'accepted', services: [CADDY] };
const REFUSED: CommandResult = {
  kind: 'refused',
  error: { code: 'service-not-running', service: CADDY, message: '' },
};
const HOUR_MS = 3_600_000;

test('what was accepted is remembered for an hour, what was refused is not', () => {
  let nowMs = 0;
  const memory = new CommandMemory(() => nowMs);
  memory.note('a', ACCEPTED);
  memory.note('b', REFUSED);
  nowMs = HOUR_MS;
  assert.deepEqual([memory.find('a'), memory.find('b')], [ACCEPTED, undefined]);
  nowMs = HOUR_MS + 1;
  assert.equal(memory.find('a'), undefined);
});

test('bounded in number and in names: the oldest go first', () => {
  const memory = new CommandMemory(() => 0);
  for (let index = 0; index < 5000; index++) memory.note(String(index), ACCEPTED);
  assert.deepEqual([memory.find('903'), memory.find('904')], [undefined, ACCEPTED]);
  const wide: CommandResult = { kind: 'accepted', services: Array.from({ length: 1000 }, () => CADDY) };
  for (let index = 0; index < 100; index++) memory.note(`wide ${index}`, wide);
  assert.equal(memory.find('4999'), undefined);
  assert.deepEqual([memory.find('wide 34'), memory.find('wide 35')], [undefined, wide]);
  // The same one again takes no more room.
  for (let index = 0; index < 100; index++) memory.note('wide 99', wide);
  assert.deepEqual(memory.find('wide 35'), wide);
});

test('a worker that gives a command again gets the reply of the first time, and the engine does not hear of it', () => {
  const posted: ToPlane[] = [];
  const done: string[] = [];
  let observer: KeptThreadObserver<FromPlane> | undefined;
  const host: PlaneHost<never> = new PlaneHost<never>({
    startWorker: (given) => {
      observer = given;
      return { post: (message) => posted.push(message) };
    },
    duplicate: (fd) => fd,
    close: () => undefined,
    note: () => undefined,
    hello: () => ({
      type: 'hello',
      settings: planeSettings(),
      spec: fleetOf(),
      target: undefined,
      fleet: createFleet([]),
      lastEventId: 0,
      recentEvents: [],
    }),
    command: ({ id }) => {
      done.push(id);
      host.reply(id, id === 'refused' ? REFUSED : ACCEPTED);
    },
    listening: () => undefined,
    journaled: () => undefined,
    begun: () => undefined,
    failed: () => undefined,
  });
  host.start();
  const give = (id: string): void => {
    const command: Command = { id, actor: 'uid:0', verb: 'start', services: [CADDY] };
    observer?.message({ type: 'command', command });
  };
  for (const id of ['a', 'a', 'refused', 'refused', 'a']) give(id);
  assert.deepEqual(done, ['a', 'refused', 'refused']);
  const replies = posted.flatMap((message) =>
    message.type === 'reply' ? [`${message.command} ${message.result.kind}`] : [],
  );
  assert.deepEqual(replies, ['a accepted', 'a accepted', 'refused refused', 'refused refused', 'a accepted']);
});

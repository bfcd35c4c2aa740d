// How a run begins and what it holds: the notification channel before the launch, given back whenever the run does not come to be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Input } from '../../supervisor/core/input.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { LaunchRequest, LaunchResult, NotifyPort } from '../../supervisor/engine/ports.ts';
import { RunAttachments } from '../../supervisor/engine/run-attachments.ts';
import { RunStart } from '../../supervisor/engine/run-start.ts';
import { service } from '../support/specs.ts';

const RUN = 7 as RunId;
const spawn = (program: 'command' | 'down' = 'command') =>
  ({ type: 'spawn', service: 's' as ServiceName, run: RUN, program }) as const;
const PIPES = { stdout: undefined, stderr: undefined, notify: undefined };
const LAUNCHED: LaunchResult = { kind: 'launched', pid: 100 as Pid, pipes: PIPES, degraded: [] };
const REFUSED: LaunchResult = {
  kind: 'failed',
  error: { code: 'ENOENT', message: 'cannot start true: not found' },
};

class Rig {
  readonly did: string[] = [];
  readonly inputs: Input[] = [];
  readonly attachments = new RunAttachments();
  readonly start: RunStart;

  constructor(launch: LaunchResult, open?: NotifyPort['open']) {
    this.start = new RunStart(
      {
        runs: {
          launch: (_spec: unknown, request: LaunchRequest) => {
            this.did.push(`launch ${JSON.stringify(request.environment)}`);
            return launch;
          },
        } as never,
        notify: { open: open ?? (() => this.#channel()) },
        watchNotify: () => ({ [Symbol.dispose]: () => undefined }),
        logs: {} as never,
      },
      this.attachments,
    );
  }

  run(spec: Parameters<RunStart['start']>[0], program?: 'down'): void {
    this.start.start(spec, spawn(program), (input) => this.inputs.push(input));
  }

  #channel(): ReturnType<NotifyPort['open']> {
    this.did.push('open');
    return {
      environment: { NOTIFY_SOCKET: '@x' },
      started: () => this.did.push('started'),
      [Symbol.dispose]: () => this.did.push('close'),
    };
  }
}

const telling = service('s', { readiness: { kind: 'notify-socket' } });
const watched = service('s', { liveness: { kind: 'watchdog', periodMs: 1000, graceMs: 1 } });

for (const [what, spec] of [['readiness', telling] as const, ['a watchdog', watched] as const])
  test(`${what} by sd_notify: the channel is open before the launch, and ends with the run`, () => {
    const rig = new Rig(LAUNCHED);
    rig.run(spec);
    assert.deepEqual(rig.did, ['open', 'launch {"NOTIFY_SOCKET":"@x"}']);
    rig.start.started(RUN);
    rig.attachments.end(RUN);
    rig.start.started(RUN);
    assert.deepEqual(rig.did.slice(2), ['started', 'close']);
  });

test('no channel for a service that was not asked to tell, nor for the command that undoes one', () => {
  const rig = new Rig(LAUNCHED);
  rig.run(service('s'));
  rig.run(telling, 'down');
  assert.deepEqual(rig.did, ['launch {}', 'launch {}']);
  rig.start.started(RUN);
});

test('a channel that cannot be opened is a spawn that failed, with its reason', () => {
  const error = { code: 'EMFILE', message: 'cannot open the socket' };
  const rig = new Rig(LAUNCHED, () => ({ kind: 'failed', error }));
  rig.run(telling);
  assert.deepEqual(rig.did, []);
  assert.deepEqual(rig.inputs, [{ type: 'spawn-failed', service: 's', run: RUN, error }]);
});

test('a launch that fails closes the channel', () => {
  const rig = new Rig(REFUSED);
  rig.run(telling);
  assert.deepEqual(rig.did, ['open', 'launch {"NOTIFY_SOCKET":"@x"}', 'close']);
  assert.equal(rig.inputs[0]?.type, 'spawn-failed');
});

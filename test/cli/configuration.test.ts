import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import { applyView, planView } from '../../supervisor/wire/plan-view.ts';
import { comesUp, name, run, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { bosunctl, type Ran } from './support/bosunctl.ts';

const FILES = {
  'a-service-with-quite-a-long-name': 'command: [sleep, "1"]\nrestart: {policy: never, max_delay: 20m}\n',
  web: `command: [sleep, "1"]\nenvironment: {TOKEN: s3cret}\n`,
};

const FAILS: BosunEvent = {
  type: 'failed',
  service: name('broken'),
  run: run(9),
  reason: { kind: 'spawn', error: { code: 'ENOENT', message: 'cannot start x: not found (ENOENT)' } },
};

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [
      service('a-service-with-quite-a-long-name', { environment: { TOKEN: 's3cret' } }),
      service('gone'),
    ],
    history: comesUp('gone', 1),
    engine: (command, own) => {
      if (command.verb !== 'apply') return { kind: 'accepted', services: [] };
      const { target } = command;
      const services = target.services.map((spec) => spec.name);
      own.emitConfigured([{ type: 'configured', services, outdated: [], removed: [] }], target);
      for (const [index, added] of services.entries())
        own.emit(added === 'broken' ? [FAILS] : comesUp(added, index + 2));
      return { kind: 'accepted', services };
    },
  });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

async function ctl(...words: string[]): Promise<Ran> {
  return await bosunctl(words, { BOSUN_SOCKET: rig.socketPath });
}

test('plan fits 80 columns, has a sign for each service and shows no value that may be secret', async () => {
  rig.write(FILES);
  const { code, stdout, stderr } = await ctl('plan');
  assert.deepEqual([code, stderr], [0, '']);
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
  assert.match(stdout, /^= a-service-with-quite-a-long-name {2}update: description, command,/m);
  assert.match(stdout, /^ {4}restart\.policy: always -> never\n {4}restart\.max_delay: 30s -> 20m$/m);
  assert.match(stdout, /^ {4}environment\.TOKEN removed$/m);
  assert.match(stdout, /^\+ web {31}added$/m);
  assert.match(stdout, /^- gone {30}removed$/m);
  assert.match(stdout, /^0 services stay as before\.$/m);
  assert.doesNotMatch(stdout + (await ctl('plan', '--json')).stdout, /s3cret/);
  planView.parse(JSON.parse((await ctl('plan', '--json')).stdout));
});

test('what is wrong is shown with its line, and ends with 1; as JSON it is data', async () => {
  rig.write({ web: 'command: [sleep, "1"]\nrestrat: {}\n' });
  for (const verb of ['plan', 'apply']) {
    const { code, stdout, stderr } = await ctl(verb);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /web\.yaml:2:1: error: unknown key "restrat"\n.*2 \| restrat: \{\}[\s\S]*Did you mean[\s\S]*bosunctl: The configuration has 1 error; nothing was changed\./,
    );
  }
  const { error } = JSON.parse((await ctl('plan', '--json')).stderr) as {
    error: { code: string; diagnostics: { line: number }[] };
  };
  assert.deepEqual([error.code, error.diagnostics[0]?.line], ['configuration-refused', 2]);
});

test('apply prints the plan and, with --wait, what came of it', async () => {
  rig.write({ web: FILES.web });
  const { code, stdout } = await ctl('apply', '--wait');
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^\+ web +added\n[\s\S]*- gone +removed\n[\s\S]*web is ready after 83 ms \(pid \d+\)\n/,
  );
  assert.match(stdout, /^gone is gone$/m);
  assert.match((await ctl('apply')).stdout, /^Nothing is different: 1 service as in \/\S+\/services\.d\.\n$/);
  assert.equal(applyView.parse(JSON.parse((await ctl('apply', '--json')).stdout)).outcome, 'accepted');
});

test('an apply of which something fails shows what it applied, and ends with 1', async () => {
  rig.write({ web: FILES.web, broken: 'command: [no-such-program]\n' });
  const { code, stdout, stderr } = await ctl('apply', '--wait');
  assert.equal(code, 1);
  assert.match(stdout, /^\+ broken {2}added$/m);
  assert.match(
    stderr.replaceAll(/\n +/g, ' '),
    /broken: apply failed: it has failed \(cannot be started: x: not found \(ENOENT\), gave up\)/,
  );
  assert.match(stderr, /bosunctl why broken/);
});

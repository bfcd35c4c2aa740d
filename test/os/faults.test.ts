// Every system call is made to fail with every errno that its man page names, in a whole Bosun with real services. It goes on, the
// others do not notice, it says what happened, and it is as before when the fault is over.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Errno, SystemCalls } from '../../supervisor/os/system-calls.ts';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import type { ServiceView } from '../../supervisor/wire/service-view.ts';
import { until } from '../support/deadline.ts';
import { Container } from '../support/container.ts';
import { BOSUN_WITH_FAULTS, FaultyBosun, type AnyFault } from '../support/faulty-bosun.ts';
import { SYSTEM_CALL_ERRNOS } from './support/errnos.ts';

const EAGER = 'restart: {delay: 5ms, max_delay: 5ms}\nstop: {timeout: 300ms}\n';
const SERVICES = {
  subject: `command: [/bin/sleep, "100000"]\n${EAGER}`,
  lone: 'command: [/bin/sleep, "100000"]\nstop: {timeout: 300ms, kill_mode: process}\n',
  owned: `command: [/bin/sleep, "100000"]\nuser: nobody\n${EAGER}`,
  named: `command: [sleep, "100000"]\n${EAGER}`,
  limited: `command: [/bin/sleep, "100000"]\nlimits: {nofile: 1024}\n${EAGER}`,
  other: `command: [/bin/sleep, "100000"]\nuser: daemon\n${EAGER}`,
  talker: `command: [sh, -c, "echo I am $$$$; exec sleep 100000"]\n${EAGER}`,
  teller: `command: [sh, -c, "systemd-notify --ready; exec sleep 100000"]\nreadiness: {notify: {socket: true}}\n${EAGER}`,
  prober: `command: [/bin/sleep, "100000"]\nreadiness: {exec: [/bin/true], period: 10ms}\n${EAGER}`,
  ticker: 'type: timer\nschedule: "* * * * * *"\ncommand: [/bin/true]\n',
};

type Call = keyof SystemCalls;
type Meeting = {
  /** What is asserted, for the name of the test. */
  readonly reaction: string;
  /** Others would meet faults that are not meant for them. */
  readonly services: readonly (keyof typeof SERVICES)[];
  /** bosun.yaml. */
  readonly fleet?: string;
  readonly meet: (bosun: FaultyBosun, errno: Errno) => Promise<void>;
};

/** A supplementary group that needs no name. */
const SOME_GROUP = 4321;

const of = (service: string, type: string) => (event: EventView) =>
  event.service === service && event.type === type;

async function restart(bosun: FaultyBosun, name: string): Promise<ServiceView> {
  const before = await bosun.reaches(name, 'running');
  await bosun.client.command('restart', [name]);
  return before;
}

/** It comes up by back-off as soon as the fault is over. */
function failsToStart(call: AnyFault['call'], name: 'subject' | 'teller'): Meeting {
  return {
    reaction: 'the start fails and says why, and back-off brings the service up',
    services: [name],
    meet: async (bosun, errno) => {
      const from = await bosun.now();
      await bosun.reaches(name, 'running');
      await bosun.fail({ call, errno, times: 2 });
      await restart(bosun, name);
      for (const count of [1, 2]) {
        const { details } = await bosun.event(from, of(name, 'spawn-failed'), count);
        const error = details['error'] as { code: string; message: string };
        assert.equal(error.code, errno);
        assert.match(error.message, new RegExp(errno));
        await bosun.event(from, of(name, 'backing-off'), count);
      }
      await bosun.reaches(name, 'running');
      assert.equal((await bosun.counts(call)).failed, 2);
    },
  };
}

/** An exit of the subject, while a wait fails. */
function seesTheExit(call: 'peekExited' | 'takeExited'): Meeting {
  return {
    reaction: 'the exit is known all the same, with its status, and taken once',
    services: ['subject', 'named'],
    meet: async (bosun, errno) => {
      const from = await bosun.now();
      const subject = await bosun.reaches('subject', 'running');
      // That somebody else has taken the child is true when it is said.
      const taken = call === 'takeExited' && errno === 'ECHILD';
      // No child: that is believed until the next one ends.
      const times = errno === 'ECHILD' ? 1 : 3;
      await bosun.fail({ call, errno, times, work: taken ? 'done' : 'not-done' });
      process.kill(subject.pid ?? 0, 'SIGKILL');
      await bosun.met(call);
      if (errno === 'ECHILD') await bosun.client.command('restart', ['named']);
      const { details } = await bosun.event(from, of('subject', 'exited'));
      assert.match(JSON.stringify(details), /SIGKILL/);
      await bosun.runsAnew(subject, 'subject');
      if (errno !== 'ECHILD' && errno !== 'EINTR') await bosun.tells(from, 'call-failed', errno);
      const { events } = await bosun.client.events({ after: from, services: ['subject'], types: ['exited'] });
      assert.equal(events.length, 1);
    },
  };
}

/** SIGTERM and SIGKILL do not reach it at first. */
const stopsAllTheSame = (name: 'subject' | 'lone'): Meeting => ({
  reaction: `a signal refused by ${name} is told, SIGKILL is sent again, and the stop ends`,
  services: [name],
  meet: async (bosun, errno) => {
    const from = await bosun.now();
    await bosun.reaches(name, 'running');
    await bosun.fail({ call: 'kill', errno, args: [null, 15] });
    await bosun.fail({ call: 'kill', errno, args: [null, 9], times: 5 });
    await bosun.client.command('stop', [name], { waitMs: 8000 });
    const { failed } = await bosun.counts('kill');
    assert.ok(failed >= 6, `${failed} signals were refused`);
    const refused = async (signal: string) => {
      const told = (event: EventView): boolean =>
        of(name, 'signal-refused')(event) && event.details['signal'] === signal;
      assert.equal((await bosun.event(from, told)).details['errno'], errno);
      const { events } = await bosun.client.events({ after: from, services: [name] });
      assert.equal(events.filter(told).length, 1, 'once');
    };
    // Who is gone needs no signal.
    if (errno !== 'ESRCH') for (const signal of ['SIGTERM', 'SIGKILL']) await refused(signal);
    await bosun.clear();
    await bosun.client.command('start', [name], { waitMs: 5000 });
  },
});

/** A date of the calendar comes although its timer cannot be had. */
function comesAllTheSame(call: AnyFault['call'], untold: readonly Errno[] = []): Meeting {
  return {
    reaction: 'the clock is looked at instead, which is told, and the timer runs',
    services: ['ticker'],
    meet: async (bosun, errno) => {
      await bosun.client.command('stop', ['ticker'], { waitMs: 5000 });
      const from = await bosun.now();
      // The timer is armed all the same.
      const work = call === 'setWallTimer' && errno === 'ECANCELED' ? 'done' : 'not-done';
      await bosun.fail({ call, errno, times: 1, work });
      await bosun.client.command('start', ['ticker']);
      await bosun.event(from, of('ticker', 'exited'));
      assert.equal((await bosun.counts(call)).failed, 1);
      if (!untold.includes(errno)) await bosun.tells(from, 'call-failed', errno);
    },
  };
}

const MEETINGS: { readonly [Name in Call]: readonly Meeting[] } = {
  peekExited: [seesTheExit('peekExited')],
  takeExited: [seesTheExit('takeExited')],
  mayExecute: [
    {
      reaction: 'a tool that cannot be asked for fails the start, by its name',
      services: ['limited'],
      meet: async (bosun, errno) => {
        const from = await bosun.now();
        await bosun.reaches('limited', 'running');
        await bosun.fail({ call: 'mayExecute', errno });
        await restart(bosun, 'limited');
        const { details } = await bosun.event(from, of('limited', 'spawn-failed'), 2);
        // Somewhere else it may be: where, nobody knows.
        const told = errno === 'ENOTDIR' ? 'ENOENT' : errno;
        assert.match(JSON.stringify(details), new RegExp(`prlimit .*\\(${told}\\)`));
        await bosun.clear();
        await bosun.reaches('limited', 'running');
      },
    },
    {
      reaction: 'a program that cannot be asked for is tried; one that is not there fails the start',
      services: ['named'],
      meet: async (bosun, errno) => {
        const from = await bosun.now();
        const before = await bosun.reaches('named', 'running');
        await bosun.fail({ call: 'mayExecute', errno });
        await restart(bosun, 'named');
        if (['EACCES', 'ENOENT', 'ENOTDIR'].includes(errno)) {
          const { details } = await bosun.event(from, of('named', 'spawn-failed'), 2);
          assert.match(JSON.stringify(details), new RegExp(errno === 'EACCES' ? 'EACCES' : 'ENOENT'));
          await bosun.clear();
        }
        await bosun.runsAnew(before, 'named');
      },
    },
  ],
  spawn: [failsToStart('spawn', 'subject')],
  pipe: [
    failsToStart('pipe', 'subject'),
    {
      reaction: 'a probe that cannot be run has failed, and says why',
      services: ['prober'],
      meet: async (bosun, errno) => {
        const from = await bosun.now();
        await bosun.reaches('prober', 'running');
        await bosun.fail({ call: 'pipe', errno });
        const { details } = await bosun.event(from, of('prober', 'unready'));
        assert.match(JSON.stringify(details), new RegExp(`cannot make a pipe \\(${errno}\\)`));
        await bosun.clear();
        await bosun.reaches('prober', 'running');
      },
    },
  ],
  // Of jobs alone: job-processes.test.ts. The other one is called in the control plane's thread.
  openTerminal: [],
  // Of attached services alone: attached-processes.test.ts.
  openProcess: [],
  signalProcess: [],
  exitOfProcess: [],
  resizeTerminal: [],
  duplicate: [
    {
      reaction:
        'the output of a job stays in its pipe, which is told, and comes when there is a descriptor again',
      services: ['talker'],
      meet: async (bosun, errno) => {
        const from = await bosun.now();
        await bosun.fail({ call: 'duplicate', errno });
        const streaming = bosun.container.ctl('job', 'start', '--stream', '--', 'echo', 'it came');
        await bosun.tells(from, 'call-failed', errno);
        await bosun.clear();
        const { code, stdout } = await streaming;
        assert.deepEqual([code, stdout], [0, 'it came\n']);
      },
    },
  ],
  close: [
    {
      reaction: 'it is told, and nothing else comes of it',
      services: ['talker'],
      meet: async (bosun, errno) => {
        const from = await bosun.now();
        const before = await bosun.reaches('talker', 'running');
        await bosun.fail({ call: 'close', errno, work: 'done' });
        await restart(bosun, 'talker');
        const { pid } = await bosun.runsAnew(before, 'talker');
        await bosun.container.stdout.line(new RegExp(`I am ${pid}$`));
        await bosun.tells(from, 'call-failed', errno);
      },
    },
  ],
  giveTo: [
    {
      reaction: 'the service runs, and its status says what it lacks',
      services: ['owned'],
      meet: async (bosun, errno) => {
        const before = await bosun.reaches('owned', 'running');
        await bosun.fail({ call: 'giveTo', errno, times: 1 });
        await restart(bosun, 'owned');
        const { degraded } = await bosun.runsAnew(before, 'owned');
        assert.deepEqual(degraded, [`it cannot open /dev/stdout and /dev/stderr (fchown(2): ${errno})`]);
      },
    },
  ],
  // At the start of Bosun, below.
  closeOnExecFrom: [],
  becomeSubreaper: [],
  kill: [
    stopsAllTheSame('subject'),
    stopsAllTheSame('lone'),
    {
      reaction: 'that nobody is there is believed only when the kernel says so',
      services: ['subject'],
      meet: async (bosun, errno) => {
        const from = await bosun.now();
        const { pid } = await bosun.reaches('subject', 'running');
        await bosun.fail({ call: 'kill', errno, args: [0 - (pid ?? 0), 0] });
        await bosun.client.command('stop', ['subject'], { waitMs: 5000 });
        const { events } = await bosun.client.events({ after: from, services: ['subject'] });
        const types = events.map(({ type }) => type);
        // Whoever may be there is killed when the grace period is over.
        const killed = errno === 'ESRCH' ? [] : ['killed'];
        assert.deepEqual(types.slice(types.indexOf('stopping')), [
          'stopping',
          'exited',
          ...killed,
          'stopped',
        ]);
        await bosun.clear();
        await bosun.client.command('start', ['subject'], { waitMs: 5000 });
      },
    },
  ],
  sessionOf: [
    {
      reaction: 'the run is known by its group alone, which it says; it stops as ever',
      services: ['subject'],
      meet: async (bosun, errno) => {
        const from = await bosun.now();
        const before = await bosun.reaches('subject', 'running');
        await bosun.fail({ call: 'sessionOf', errno });
        await restart(bosun, 'subject');
        const after = await bosun.runsAnew(before, 'subject');
        const { details } = await bosun.event(from, of('subject', 'spawned'));
        assert.match(JSON.stringify(details), new RegExp(`getsid\\(2\\): ${errno}`));
        assert.match(after.note, new RegExp(errno));
        await bosun.client.command('restart', ['subject']);
        await bosun.runsAnew(after, 'subject');
      },
    },
  ],
  groupOf: [
    {
      reaction: 'whoever has no group is gone; the run stops by its own group',
      services: ['subject'],
      meet: async (bosun, errno) => {
        const before = await bosun.reaches('subject', 'running');
        await bosun.fail({ call: 'groupOf', errno });
        await restart(bosun, 'subject');
        await bosun.runsAnew(before, 'subject');
        await bosun.met('groupOf');
      },
    },
  ],
  peerCredentials: [
    {
      reaction: 'whoever cannot be known is refused, which is told, and let in again afterwards',
      services: [],
      meet: async (bosun, errno) => {
        await bosun.fail({ call: 'peerCredentials', errno });
        const asked = await bosun.container.ctl('status');
        assert.equal(asked.code, 5, asked.stderr);
        await bosun.container.stdout.line(
          (line) => line.includes('refused GET') && line.includes(`unknown peer (${errno})`),
        );
        rmSync(join(bosun.container.directory, 'getsockopt'));
        assert.equal((await bosun.container.ctl('status')).code, 0);
      },
    },
  ],
  peerGroups: [
    {
      reaction:
        'whose groups cannot be known has no role by them, which is told, and has it again afterwards',
      services: [],
      fleet: `access: {groups: {"${SOME_GROUP}": observe}}\n`,
      meet: async (bosun, errno) => {
        const ask = async (): Promise<string> => {
          const words = [
            '--reuid',
            '65534',
            '--regid',
            '65534',
            '--groups',
            String(SOME_GROUP),
            'curl',
            '-s',
          ];
          const url = ['--unix-socket', bosun.container.socket, 'http://localhost/v1/version'];
          return (await promisify(execFile)('setpriv', [...words, ...url])).stdout;
        };
        await bosun.fail({ call: 'peerGroups', errno });
        assert.match(await ask(), /"code":"not-allowed"/);
        await bosun.container.stdout.line((line) => line.includes('refused GET /v1/version to uid:65534'));
        rmSync(join(bosun.container.directory, 'getsockopt-groups'));
        assert.match(await ask(), /"api":"v1"/);
      },
    },
  ],
  datagramSocket: [failsToStart('datagramSocket', 'teller')],
  passCredentials: [failsToStart('passCredentials', 'teller')],
  bindAbstract: [failsToStart('bindAbstract', 'teller')],
  receive: [
    {
      reaction: 'it is told on stderr, and read again: the notification is not lost',
      services: ['teller'],
      meet: async (bosun, errno) => {
        const before = await bosun.reaches('teller', 'running');
        await bosun.fail({ call: 'receive', errno, times: 2 });
        await restart(bosun, 'teller');
        await bosun.runsAnew(before, 'teller');
        await bosun.met('receive', 2);
        if (errno === 'EAGAIN' || errno === 'EINTR') return;
        await bosun.container.stderr.line((line) => line.includes(`recvmsg(2): ${errno}`));
      },
    },
  ],
  closeAside: [],
  whenReadable: [failsToStart('whenReadable', 'teller'), comesAllTheSame('whenReadable')],
  wallTimer: [comesAllTheSame('wallTimer')],
  // ECANCELED of these: the clock was set, which is no failure. EAGAIN and EINTR: not yet.
  setWallTimer: [comesAllTheSame('setWallTimer', ['ECANCELED'])],
  readTimer: [comesAllTheSame('readTimer', ['ECANCELED', 'EAGAIN', 'EINTR'])],
};

for (const [call, meetings] of Object.entries(MEETINGS) as [Call, readonly Meeting[]][])
  for (const { reaction, services, fleet, meet } of meetings) {
    const { man, errnos } = SYSTEM_CALL_ERRNOS[call];
    test(`${man} as ${call}: ${reaction}`, async (t) => {
      await using bosun = await FaultyBosun.start({
        services: Object.fromEntries(services.map((name) => [name, SERVICES[name]])),
        options: ['--log-format', 'raw'],
        ...(fleet === undefined ? {} : { fleet }),
      });
      for (const errno of errnos)
        await t.test(errno, async () => {
          try {
            await meet(bosun, errno);
          } finally {
            await bosun.clear();
          }
          await bosun.isUnharmed();
        });
    });
  }

test('what fails at the start of Bosun is told, and the services run', async (t) => {
  const calls = ['closeOnExecFrom', 'becomeSubreaper'] as const;
  const faults = calls.flatMap((call) => SYSTEM_CALL_ERRNOS[call].errnos.map((errno) => ({ call, errno })));
  for (const fault of faults)
    await t.test(`${fault.call}: ${fault.errno}`, async () => {
      await using starting = await FaultyBosun.start({}, [fault]);
      const { details } = await starting.tells(0, 'call-failed', fault.errno);
      assert.equal(details['call'], SYSTEM_CALL_ERRNOS[fault.call].man);
      await starting.isUnharmed();
    });
});

test('in drop-in mode too it is told, on stderr, and the command runs', async () => {
  await using container = new Container({
    place: 'below',
    program: BOSUN_WITH_FAULTS,
    command: ['sh', '-c', 'exit 7'],
    environment: { BOSUN_TEST_FAULTS: JSON.stringify([{ call: 'becomeSubreaper', errno: 'EINVAL' }]) },
  });
  assert.equal((await container.end()).code, 7);
  assert.match(container.stderr.text, /^bosun: prctl\(2\) failed with EINVAL: /);
});

test('what the last sweep may not signal is told, and Bosun ends within its budget', async () => {
  const daemon = 'command: [sh, -c, "setsid sleep 100000 & exec sleep 100000"]\n';
  await using bosun = await FaultyBosun.start({
    place: 'pid1',
    services: { daemon },
    options: ['--shutdown-budget', '2s'],
  });
  await bosun.reaches('daemon', 'running');
  await bosun.fail({ call: 'kill', errno: 'EPERM', args: [-1, null] });
  await bosun.container.signal('SIGTERM');
  assert.deepEqual(await bosun.container.end(), { code: 0, signal: null });
  const told = bosun.container.stdout.lines.filter((line) => line.includes('kill(2) failed with EPERM'));
  assert.match(told[0] ?? '', /what is left was not sent SIGTERM/);
});

test('the kernel says ECHILD to who has no child, and it is called so', async () => {
  // libuv has no name for it.
  const { libc } = await import('../../supervisor/os/libc.ts');
  const looked = await until('no child', () => {
    const peeked = libc.takeExited(0x3fffff as never);
    return peeked.ok ? undefined : peeked;
  });
  assert.equal(looked.errno, 'ECHILD');
});

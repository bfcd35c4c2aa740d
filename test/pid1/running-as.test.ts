// In what context the processes of a service run, under Bosun as the real PID 1: read from the processes themselves, of the service
// and of everything that runs in its context. As root, because that is what it takes; and as somebody who is not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { controlFiles } from '../../supervisor/os/control-files.ts';
import { findOwnGroup } from '../../supervisor/os/own-cgroup.ts';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const SHOW = resolve(import.meta.dirname, '../fixtures/show-context.sh');

/** The context as the process itself sees it, once it has written it. */
function shown(container: Container, name: string): Promise<string> {
  return until(`the context of ${name}; stderr: ${container.stderr.text}`, () => container.read(name));
}

function idOf(user: string, option: '-u' | '-g'): string {
  return execFileSync('id', [option, user], { encoding: 'utf8' }).trim();
}

/** A CPU that there is. */
const CPU = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';

const show = (name: string, then = ''): string => `[sh, -c, 'sh ${SHOW} $TEST_DIR/${name}${then}']`;

const EVERYTHING = `
user: daemon
groups: [5, 4711]
working_dir: /tmp
environment: { GREETING: hello }
limits: { nofile: { soft: 128, hard: 256 } }
security:
  no_new_privileges: true
  capabilities: [NET_BIND_SERVICE]
  oom_score_adj: 321
  umask: 027
nice: 7
io_priority: { class: best-effort, level: 6 }
cpu_affinity: ${CPU}
`;

const NET_BIND_SERVICE = '0000000000000400';
const expected = [
  idOf('daemon', '-u'),
  idOf('daemon', '-g'),
  `${idOf('daemon', '-g')} 5 4711`,
  '0027',
  '128',
  '256',
  '7',
  'best-effort: prio 6',
  '321',
  ...['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((set) => `${set}:\t${NET_BIND_SERVICE}`),
  'NoNewPrivs:\t1',
  `Cpus_allowed_list:\t${CPU}`,
  '/tmp',
  '/usr/sbin daemon daemon hello',
  '',
].join('\n');

test('a service has what its file says, and so has everything that runs in its context', async () => {
  await using container = new Container({
    services: {
      web: `command: ${show('service', ' && exec sleep 100000')}
readiness: { exec: ${show('probe')} }
reload: { command: ${show('reload')} }
stop: { command: ${show('stop', '; kill $$MAINPID')} }
hooks:
  pre_start: ${show('pre_start')}
  post_start: ${show('post_start')}
  pre_stop: ${show('pre_stop')}
  post_stop: ${show('post_stop')}
${EVERYTHING}`,
      once: `type: oneshot
command: [sh, -c, 'sh ${SHOW} $TEST_DIR/oneshot']
down: ${show('down')}
${EVERYTHING}`,
    },
  });
  await reaches(container, 'web', 'running');
  await reaches(container, 'once', 'completed');
  assert.equal((await container.ctl('reload', 'web')).code, 0);
  const companions = ['pre_start', 'service', 'probe', 'post_start', 'reload', 'oneshot'];
  for (const name of companions) assert.equal(await shown(container, name), expected, name);
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  for (const name of ['pre_stop', 'stop', 'post_stop', 'down'])
    assert.equal(container.read(name), expected, name);
});

test('root itself keeps the named capabilities and no other', async () => {
  await using container = new Container({
    services: {
      some: `command: ${show('some')}\ntype: oneshot\nsecurity: { capabilities: [CHOWN, NET_BIND_SERVICE] }\n`,
      none: `command: ${show('none')}\ntype: oneshot\nsecurity: { capabilities: [] }\n`,
      same: `command: ${show('same')}\ntype: oneshot\n`,
    },
  });
  const setsOf = async (name: string): Promise<readonly string[]> =>
    (await shown(container, name)).split('\n').filter((line) => line.startsWith('Cap'));
  const each = (set: string): readonly string[] =>
    ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => `${name}:\t${set}`);
  assert.deepEqual(await setsOf('some'), each('0000000000000401'));
  assert.deepEqual(await setsOf('none'), each('0000000000000000'));
  const own = readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Cap'));
  assert.deepEqual(await setsOf('same'), own);
});

test('user and group by number, without an account: group 0 if none is named, and HOME is /', async () => {
  await using container = new Container({
    services: {
      one: `command: ${show('one')}\ntype: oneshot\nuser: 4711\n`,
      two: `command: ${show('two')}\ntype: oneshot\nuser: 4711:4712\n`,
    },
    environment: { USER: 'root', LOGNAME: 'root' },
  });
  const one = (await shown(container, 'one')).split('\n');
  assert.deepEqual(one.slice(0, 3), ['4711', '0', '0']);
  assert.equal(one.at(-2), '/   ');
  assert.deepEqual((await shown(container, 'two')).split('\n').slice(0, 3), ['4711', '4712', '4712']);
});

test('a service of another user can open /dev/stdout and /dev/stderr, and so can its hooks', async () => {
  const script = 'echo out >/dev/stdout; echo err >/dev/stderr';
  await using container = new Container({
    services: {
      // A hook that fails would keep it from starting.
      a: `command: [sh, -c, '${script}']
type: oneshot
user: daemon
hooks: { pre_start: [sh, -c, 'echo before >/dev/stderr'] }
`,
    },
    options: ['--log-format', 'raw'],
  });
  await reaches(container, 'a', 'completed');
  await container.stdout.line(/^out$/);
  await container.stdout.line(/^err$/);
});

test('what can be known of a program is a spawn failure; what cannot ends the tools with 127 and a line in the log', async () => {
  const setup = `printf "#!/no/such/interpreter\\n" > $TEST_DIR/script && chmod 755 $TEST_DIR/script`;
  await using container = new Container({
    services: {
      known: 'command: [/no/such/program]\nuser: daemon\nrestart: { policy: never }\n',
      unknown: `command: [$TEST_DIR/script]
user: daemon
restart: { policy: never }
depends_on: { setup: { condition: service_completed_successfully } }
`,
      setup: `command: [sh, -c, '${setup}']\ntype: oneshot\n`,
    },
  });
  assert.match((await reaches(container, 'known', 'failed')).note, /no such file.*ENOENT/);
  assert.match((await reaches(container, 'unknown', 'failed')).note, /127/);
  await container.stdout.line(/setpriv: failed to execute .*script: No such file or directory/);
});

const AS_SOMEBODY = { through: ['setpriv', '--reuid=12345', '--regid=0', '--clear-groups'] };

test('as somebody who is not root: another user is refused with the privilege, and nothing is started', async () => {
  await using container = new Container({
    ...AS_SOMEBODY,
    services: {
      a: 'command: [sh, -c, "touch $TEST_DIR/started; exec sleep 100000"]\n',
      b: 'command: [sleep, "100000"]\nuser: daemon\nnice: -5\nsecurity: { oom_score_adj: -1000, capabilities: [] }\n',
    },
  });
  assert.equal((await container.end()).code, 125);
  assert.match(container.stderr.text, /b\.yaml:2:7:/);
  for (const privilege of ['CAP_SETUID', 'CAP_SYS_NICE', 'CAP_SYS_RESOURCE', 'CAP_SETPCAP'])
    assert.match(container.stderr.text.replace(/\s+/g, ' '), new RegExp(`needs the privilege ${privilege}`));
  assert.match(container.stderr.text, /nothing was started/);
  assert.equal(container.read('started'), undefined);
});

test('as somebody who is not root: its own uid, and what takes no privilege, is in force', async () => {
  await using container = new Container({
    ...AS_SOMEBODY,
    services: {
      a: `command: ${show('a')}
type: oneshot
user: 12345
limits: { nofile: { soft: 128, hard: 256 } }
security: { no_new_privileges: true, oom_score_adj: 500, umask: "077" }
nice: 3
`,
    },
  });
  const lines = (await shown(container, 'a')).split('\n');
  assert.deepEqual(lines.slice(0, 7), ['12345', '0', '0', '0077', '128', '256', '3']);
  assert.ok(lines.includes('500') && lines.includes('NoNewPrivs:\t1'));
});

/** Bosun in a control group of its own, so that tests do not meet in one. */
class OwnCgroup implements Disposable {
  readonly directory: string;
  readonly through: readonly string[];

  constructor(parent: string) {
    this.directory = join(parent, `bosun-test-${process.pid}`);
    controlFiles.makeDirectory(this.directory);
    const join0 = `echo 0 > ${this.directory}/cgroup.procs && exec "$@"`;
    this.through = ['sh', '-c', join0, 'sh'];
  }

  [Symbol.dispose](): void {
    const groups = globSync('**/cgroup.procs', { cwd: this.directory }).map((file) => dirname(file));
    for (const group of groups.toSorted((a, b) => b.length - a.length))
      controlFiles.removeDirectory(join(this.directory, group));
  }
}

const own = findOwnGroup(controlFiles);
const parent = own.kind === 'found' ? own.directory : '';
const mayWrite = ((): boolean => {
  const probe = `${parent}/bosun-probe-${process.pid}`;
  return parent !== '' && controlFiles.makeDirectory(probe).ok && controlFiles.removeDirectory(probe).ok;
})();

test(
  'resource control in a cgroup v2 that may be written: a group for the run, its end as a whole, and what is not in force told',
  { skip: mayWrite ? false : 'there is no cgroup v2 hierarchy here that may be written' },
  async () => {
    using cgroup = new OwnCgroup(parent);
    await using container = new Container({
      through: cgroup.through,
      services: {
        a: `command: [sh, -c, '(setsid sleep 200001 &); echo up; exec sleep 100000']
limits: { memory: 64M, pids: 50 }
stop: { timeout: 0 }
`,
      },
    });
    const { degraded } = await reaches(container, 'a', 'running');
    const group = join(cgroup.directory, 'bosun/a');
    await until('both to be in the group', () => pidsIn(group).length === 2);
    const available = readFileSync(join(cgroup.directory, 'cgroup.controllers'), 'utf8');
    for (const [key, controller, file, text] of [
      ['limits.memory', 'memory', 'memory.max', '67108864'],
      ['limits.pids', 'pids', 'pids.max', '50'],
    ] as const)
      if (available.split(/\s/).includes(controller))
        assert.equal(readFileSync(join(group, file), 'utf8').trim(), text);
      else
        assert.ok(
          degraded.some((note) => note.startsWith(`${key} is not applied: the ${controller} controller`)),
          degraded.join('\n'),
        );
    // SIGKILL to the run: also to the one that has left its session.
    assert.equal((await container.ctl('stop', 'a')).code, 0);
    await until('the group to be empty', () => pidsIn(group).length === 0);
    await container.signal('SIGTERM');
    assert.equal((await container.end()).code, 0);
  },
);

function pidsIn(group: string): readonly string[] {
  const read = controlFiles.read(join(group, 'cgroup.procs'));
  return read.ok ? read.value.split('\n').filter(Boolean) : [];
}

test('resource control where cgroup v2 may not be written: the service runs, and its status says what it lacks', async () => {
  const script =
    'findmnt -nt cgroup2 -o TARGET | while read m; do mount -o remount,bind,ro "$m"; done; exec "$@"';
  await using container = new Container({
    through: ['sh', '-c', script, 'sh'],
    services: { a: 'command: [sleep, "100000"]\nlimits: { memory: 64M, nofile: 128 }\n' },
  });
  const { degraded, pid } = await reaches(container, 'a', 'running');
  assert.equal(degraded.length, 1);
  assert.match(
    degraded[0] ?? '',
    /^limits\.memory is not applied: (\S+ is mounted read-only|there is no cgroup v2 hierarchy here)$/,
  );
  assert.ok(pid !== null);
  const { stdout } = await container.ctl('status', 'a');
  assert.match(stdout, /limits\.memory is not applied/);
});

// Which tools stand before a service's program, with which arguments and in which order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Execution, PLAIN_EXECUTION } from '../../supervisor/core/execution-spec.ts';
import { executionChain, type ChainRequest } from '../../supervisor/os/execution-chain.ts';

const PWD = { PWD: '/' };

function chain(
  execution: Partial<Execution>,
  more: Partial<ChainRequest> = {},
): readonly string[] | undefined {
  const request: ChainRequest = {
    command: ['app', '-x'],
    environment: PWD,
    execution: { ...PLAIN_EXECUTION, ...execution },
    joins: undefined,
    ownNice: 0,
    ...more,
  };
  return executionChain(request, (tool) => `/${tool}`)?.argv;
}

const LINKS: readonly (readonly [what: string, execution: Partial<Execution>, link: readonly string[]])[] = [
  ['umask', { umask: 0o27 }, ['/sh', '-c', 'umask 0027; exec "$@"', 'sh']],
  [
    'limits, soft and hard',
    {
      resourceLimits: [
        { resource: 'nofile', soft: 1024, hard: 2048 },
        { resource: 'core', soft: 0, hard: 'unlimited' },
      ],
    },
    ['/prlimit', '--nofile=1024:2048', '--core=0:unlimited', '--'],
  ],
  [
    'a realtime I/O priority',
    { ioPriority: { class: 'realtime', level: 0 } },
    ['/ionice', '-c', '1', '-n', '0', '--'],
  ],
  [
    'a best-effort I/O priority',
    { ioPriority: { class: 'best-effort', level: 7 } },
    ['/ionice', '-c', '2', '-n', '7', '--'],
  ],
  ['the idle I/O class', { ioPriority: { class: 'idle' } }, ['/ionice', '-c', '3', '--']],
  ['CPUs', { cpuAffinity: [0, 1, 6] }, ['/taskset', '-c', '0,1,6']],
  ['a nice value', { nice: 5 }, ['/nice', '-n', '5', '--']],
  [
    'a user with groups',
    { identity: { uid: 33, gid: 34, groups: [5, 7] } },
    ['/setpriv', '--reuid', '33', '--regid', '34', '--groups', '5,7', '--'],
  ],
  [
    'a user without groups: those of Bosun are taken away',
    { identity: { uid: 33, gid: 33, groups: [] } },
    ['/setpriv', '--reuid', '33', '--regid', '33', '--clear-groups', '--'],
  ],
  [
    'capabilities: in every set',
    { capabilities: { kind: 'only', names: ['NET_BIND_SERVICE', 'CHOWN'] } },
    [
      '/setpriv',
      '--inh-caps=-all,+net_bind_service,+chown',
      '--ambient-caps=-all,+net_bind_service,+chown',
      '--bounding-set=-all,+net_bind_service,+chown',
      '--',
    ],
  ],
  [
    'no capabilities',
    { capabilities: { kind: 'only', names: [] } },
    ['/setpriv', '--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--'],
  ],
  ['no new privileges', { newPrivileges: 'refused' }, ['/setpriv', '--no-new-privs', '--']],
];

for (const [what, execution, link] of LINKS)
  test(`${what}: one tool and no other`, () => {
    assert.deepEqual(chain(execution), [...link, 'app', '-x']);
  });

test('nothing asked for: no tool at all', () => {
  assert.equal(chain({}), undefined);
});

test('the nice value is absolute: Bosun may have one of its own', () => {
  assert.deepEqual(chain({ nice: 5 }, { ownNice: 10 })?.slice(0, 3), ['/nice', '-n', '-5']);
});

test('privileges are given up last, and the shell comes first', () => {
  const all = chain({
    umask: 0o77,
    oomScoreAdj: 100,
    resourceLimits: [{ resource: 'nofile', soft: 1, hard: 1 }],
    ioPriority: { class: 'idle' },
    cpuAffinity: [0],
    nice: 1,
    newPrivileges: 'refused',
  });
  const tools = all?.filter((word) => word.startsWith('/'));
  assert.deepEqual(tools, ['/sh', '/prlimit', '/ionice', '/taskset', '/nice', '/setpriv']);
});

test('a control group is joined by the path that is handed over, whatever characters it has', () => {
  const joins = '/sys/fs/cgroup/a "b" $c/cgroup.procs';
  const words = chain({}, { joins }) ?? [];
  assert.deepEqual(words.slice(3), ['sh', joins, 'app', '-x']);
  assert.ok(!words[2]?.includes(joins));
});

test('what the loader and shells act on is kept from the tools and given to the program', () => {
  const environment = {
    ...PWD,
    PATH: '/bin',
    LD_PRELOAD: '/x.so',
    LD_LIBRARY_PATH: '/lib',
    'BASH_FUNC_umask%%': '() { id; }',
    ENV: '/tmp/rc',
    LDAP_URI: 'ldap://',
  };
  const request = {
    command: ['app'],
    environment,
    execution: { ...PLAIN_EXECUTION, newPrivileges: 'refused' },
    joins: undefined,
    ownNice: 0,
  } as const;
  const built = executionChain(request, (tool) => `/${tool}`);
  assert.deepEqual(built?.environment, { ...PWD, PATH: '/bin', LDAP_URI: 'ldap://' });
  assert.deepEqual(built.argv.slice(3), [
    '/env',
    'LD_PRELOAD=/x.so',
    'LD_LIBRARY_PATH=/lib',
    'BASH_FUNC_umask%%=() { id; }',
    'ENV=/tmp/rc',
    'app',
  ]);
});

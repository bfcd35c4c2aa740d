// As whom and with what a service may run: names looked up, what follows from them filled in, and everything that Bosun cannot give
// refused with its place, before anything is started.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAccounts } from '../../supervisor/config/accounts.ts';
import { parsePrivileges, type ProcTexts } from '../../supervisor/config/own-privileges.ts';
import { readSystemFacts, type SystemFacts } from '../../supervisor/config/system-facts.ts';
import type { Execution } from '../../supervisor/core/execution-spec.ts';
import { PACKAGE_OF, type ExecutionTool } from '../../supervisor/core/execution-tools.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { load } from './loading.ts';

const ACCOUNTS = parseAccounts(
  [
    'root:x:0:0:root:/root:/bin/bash',
    'web:x:33:34:Web:/var/www:/usr/sbin/nologin',
    'ann:x:1000:1000::/home/ann:/bin/zsh',
    'bare:x:7:7::',
    'broken:x:seven:7::/:',
    '# a comment',
  ].join('\n'),
  ['root:x:0:', 'www:x:34:', 'tls:x:50:web,ann', 'video:x:44:web', 'ann:x:1000:', 'bad:x:y:web'].join('\n'),
);

const ALL_CAPABILITIES = '000001ffffffffff';

function texts(capabilities: string, more: Partial<ProcTexts> = {}): ProcTexts {
  const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd'].map((set) => `${set}:\t${capabilities}`).join('\n');
  const limits = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max open files            1024                 4096                 files     ',
    'Max processes             unlimited            unlimited            processes ',
    'Max nice priority         0                    0                    ',
    'Max core file size        0                    unlimited            bytes     ',
  ].join('\n');
  return {
    status: `Name:\tnode\nGroups:\t \n${sets}\nCpus_allowed_list:\t0-3\n`,
    limits,
    oomScoreAdj: '0\n',
    uidMap: '         0          0 4294967295\n',
    gidMap: '         0          0 4294967295\n',
    setgroups: 'allow\n',
    mostOpenFiles: '1048576\n',
    ...more,
  };
}

function machine(proc: ProcTexts, uid = 0, gid = 0, nice = 0): SystemFacts {
  const tools = new Set(Object.keys(PACKAGE_OF) as ExecutionTool[]);
  return { own: parsePrivileges(proc, { uid, gid }, nice), accounts: ACCOUNTS, tools };
}

const ROOT = machine(texts(ALL_CAPABILITIES));
const NOBODY = machine(texts('0000000000000000'), 12345, 0);
const POOR_ROOT = machine(texts('0000000000000000'));
const NAMESPACED = machine(
  texts(ALL_CAPABILITIES, { uidMap: '0 100000 1\n', gidMap: '0 100000 1\n', setgroups: 'deny\n' }),
);

async function serviceOf(yaml: string, facts = ROOT, own: Record<string, string> = {}): Promise<ServiceSpec> {
  const loaded = await load({ 'services.d/a.yaml': `command: [a]\n${yaml}\n` }, own, () =>
    Promise.resolve(facts),
  );
  assert.ok(loaded.kind === 'loaded', JSON.stringify(loaded, null, 2));
  const [service] = loaded.spec.services;
  if (service === undefined) throw new Error('no service');
  return service;
}

async function executionOf(yaml: string, facts = ROOT): Promise<Execution> {
  return (await serviceOf(yaml, facts)).execution;
}

/** `line:column message`, and the remedy behind an arrow. */
async function refusal(yaml: string, facts = ROOT): Promise<readonly string[]> {
  const loaded = await load({ 'services.d/a.yaml': `command: [a]\n${yaml}\n` }, {}, () =>
    Promise.resolve(facts),
  );
  assert.ok(loaded.kind === 'refused');
  return loaded.diagnostics.map(
    ({ line, column, message, remedy }) => `${line}:${column} ${message} -> ${remedy}`,
  );
}

const IDENTITIES: readonly (readonly [yaml: string, identity: Execution['identity']])[] = [
  ['user: web', { uid: 33, gid: 34, groups: [50, 44] }],
  ['user: "33"', { uid: 33, gid: 34, groups: [50, 44] }],
  ['user: web:ann', { uid: 33, gid: 1000, groups: [50, 44] }],
  ['user: web\ngroup: 7', { uid: 33, gid: 7, groups: [50, 44] }],
  ['user: web\ngroups: []', { uid: 33, gid: 34, groups: [] }],
  ['user: web\ngroups: [tls, 9, tls]', { uid: 33, gid: 34, groups: [50, 9] }],
  ['user: 4711', { uid: 4711, gid: 0, groups: [] }],
  ['user: 4711:4712', { uid: 4711, gid: 4712, groups: [] }],
  ['group: tls', { uid: 0, gid: 50, groups: [] }],
  ['groups: [video]', { uid: 0, gid: 0, groups: [44] }],
  ['user: root', undefined],
  ['user: 0\ngroup: 0\ngroups: [0]', undefined],
];
for (const [yaml, identity] of IDENTITIES)
  test(`${yaml.replaceAll('\n', ', ')}: ${identity === undefined ? "Bosun's own" : JSON.stringify(identity)}`, async () => {
    assert.deepEqual((await executionOf(yaml)).identity, identity);
  });

const ACCOUNT_OF_ROOT = { HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/bash' };
const OWN = { ...ACCOUNT_OF_ROOT, PATH: '/bin' };

test('HOME, USER, LOGNAME and SHELL follow the user; what the file says wins', async () => {
  const account = async (yaml: string): Promise<object> => {
    const { environment } = await serviceOf(yaml, ROOT, OWN);
    return Object.fromEntries(Object.entries(environment).filter(([name]) => name in ACCOUNT_OF_ROOT));
  };
  const ann = { HOME: '/home/ann', USER: 'ann', LOGNAME: 'ann', SHELL: '/bin/zsh' };
  assert.deepEqual(await account('user: ann'), ann);
  assert.deepEqual(await account('user: ann\nenvironment: { HOME: /srv }'), { ...ann, HOME: '/srv' });
  assert.deepEqual(await account('user: web'), { HOME: '/var/www', USER: 'web', LOGNAME: 'web' });
  assert.deepEqual(await account('user: 4711'), { HOME: '/' });
  assert.deepEqual(await account('user: bare'), {
    HOME: '/',
    USER: 'bare',
    LOGNAME: 'bare',
    SHELL: '/bin/sh',
  });
  assert.deepEqual(await account('group: tls'), ACCOUNT_OF_ROOT);
});

test('every key arrives in the words of the core', async () => {
  const service = await serviceOf(
    [
      'limits: { nofile: 512, nproc: { soft: 10, hard: unlimited }, core: 0, stack: 8M, cpu: "60", memory: 512M, cpus: 1.5, pids: 9, io_weight: 7 }',
      'security: { no_new_privileges: true, capabilities: [CAP_CHOWN, net_bind_service, chown], oom_score_adj: -5, umask: 027 }',
      'nice: -3',
      'io_priority: { class: best-effort }',
      'cpu_affinity: "3,0-1"',
    ].join('\n'),
  );
  assert.deepEqual(service.execution, {
    identity: undefined,
    umask: 0o27,
    resourceLimits: [
      { resource: 'nofile', soft: 512, hard: 512 },
      { resource: 'nproc', soft: 10, hard: 'unlimited' },
      { resource: 'core', soft: 0, hard: 0 },
      { resource: 'stack', soft: 8 << 20, hard: 8 << 20 },
      { resource: 'cpu', soft: 60, hard: 60 },
    ],
    nice: -3,
    ioPriority: { class: 'best-effort', level: 4 },
    cpuAffinity: [0, 1, 3],
    oomScoreAdj: -5,
    newPrivileges: 'refused',
    capabilities: { kind: 'only', names: ['CHOWN', 'NET_BIND_SERVICE'] },
  });
  assert.deepEqual(service.resourceControl, {
    memoryMaxBytes: 512 << 20,
    cpus: 1.5,
    pidsMax: 9,
    ioWeight: 7,
  });
  assert.deepEqual((await executionOf('io_priority: idle')).ioPriority, { class: 'idle' });
  assert.deepEqual((await executionOf('cpu_affinity: 2')).cpuAffinity, [2]);
});

const WRONG: readonly (readonly [yaml: string, expected: RegExp, facts?: SystemFacts])[] = [
  ['user: wed', /^2:7 no user is called "wed" in \/etc\/passwd -> Did you mean "web"\? Add it .*useradd/],
  ['user: web:wwv', /^2:7 no group is called "wwv" in \/etc\/group -> Did you mean "www"\? .*groupadd/],
  ['groups: [tls, none]', /^2:15 no group is called "none"/],
  ['user: web:www\ngroup: tls', /^3:8 the group is given twice -> Write it either/],
  ['user: a:b:c', /^2:7 "a:b:c" is not user:group/],
  ['user: ""', /^2:7 "" is not a name or a number/],
  ['user: 4294967295', /^2:7 "4294967295" is larger than any user/],
  ['user: [web]', /^2:7 must be a user, not a list/],
  ['nice: 20', /^2:7 must be at most 19/],
  [
    'limits: { nofile: many }',
    /^2:19 must be a whole number, not "many" -> Write a whole number, or unlimited/,
  ],
  ['limits: { nofile: -1 }', /^2:19 "-1" is not a limit -> Write unlimited/],
  ['limits: { core: 100 }', /^2:17 "100" has no unit/],
  ['limits: { memory: 0 }', /^2:19 must be larger than 0/],
  ['limits: { stack: { soft: 8M, hard: 4M } }', /^2:18 soft is above hard/],
  ['limits: { stack: { soft: 8M } }', /^2:11 "hard" is missing/],
  ['limits: { nofiles: 8 }', /^2:11 unknown key "nofiles" -> Did you mean "nofile"/],
  [
    'limits: { nofile: unlimited }',
    /^2:19 unlimited open files are more than the kernel allows anybody: 1048576/,
  ],
  ['security: { umask: 089 }', /^2:20 .*has a wrong form -> Example: umask: .027/],
  ['security: { capabilities: [NET_BIND] }', /^2:28 "NET_BIND" is not a capability/],
  ['security: { capabilities: [ALL] }', /^2:28 "ALL" is not one capability/],
  ['security: { oom_score_adj: 1001 }', /^2:28 must be at most 1000/],
  ['io_priority: slow', /^2:14 "slow" is not known here/],
  ['io_priority: { class: idle, level: 3 }', /^2:14 the class idle has no levels/],
  ['cpu_affinity: "3-1"', /^2:15 "3-1" is not a CPU or a range/],
  ['cpu_affinity: []', /^2:15 names no CPU/],
  ['cpu_affinity: [64]', /^2:15 CPU 64 cannot be used here -> Bosun may use these: 0, 1, 2, 3/],
  // A uid that nobody knows, without any capability.
  [
    'user: web',
    /^2:7 .*another user.*CAP_SETUID, which Bosun \(uid 12345\).* -> Run the container as root/,
    NOBODY,
  ],
  ['user: 12345:50', /^2:7 .*other groups.*CAP_SETGID/, NOBODY],
  ['groups: [50]', /^2:9 .*other groups.*CAP_SETGID/, NOBODY],
  ['nice: -1', /^2:7 a nice value of -1, below Bosun's own of 0, needs the privilege CAP_SYS_NICE/, NOBODY],
  [
    'limits: { nofile: 8192 }',
    /^2:19 to raise the hard limit of nofile from 4096 to 8192 .*CAP_SYS_RESOURCE.* -> Write at most 4096, .*--ulimit nofile=8192/,
    NOBODY,
  ],
  [
    'security: { oom_score_adj: -1 }',
    /^2:28 an oom_score_adj of -1, below Bosun's own of 0, .*CAP_SYS_RESOURCE/,
    NOBODY,
  ],
  [
    'security: { capabilities: [CHOWN] }',
    /^2:27 Bosun cannot give away what it does not have: CHOWN -> .*--cap-add CHOWN/,
    NOBODY,
  ],
  ['security: { capabilities: [] }', /^2:27 .*CAP_SETPCAP/, NOBODY],
  [
    'io_priority: { class: realtime, level: 0 }',
    /^2:14 the class realtime needs the privilege CAP_SYS_NICE/,
    NOBODY,
  ],
  // Root by name only: docker run --cap-drop ALL.
  ['user: web', /^2:7 .*CAP_SETUID, which Bosun \(uid 0\)/, POOR_ROOT],
  // Everything but CAP_KILL, number 5.
  ['user: web', /^2:7 to stop it .*CAP_KILL, which Bosun \(uid 0\)/, machine(texts('000001ffffffffdf'))],
  // Root of a user namespace with one user.
  ['user: web', /^2:7 uid 33 does not exist in the user namespace/, NAMESPACED],
  ['groups: [7]', /^2:9 gid 7 does not exist in the user namespace/, NAMESPACED],
  ['group: 0\ngroups: [0, 7]', /setgroups/, NAMESPACED],
  ['nice: -1', /^2:7 .*CAP_SYS_NICE outside of this user namespace/, NAMESPACED],
];
for (const [yaml, expected, facts] of WRONG)
  test(`refused: ${yaml.replaceAll('\n', ', ')}${facts === undefined ? '' : ` as uid ${facts.own.uid}`}`, async () => {
    const told = await refusal(yaml, facts);
    assert.ok(
      told.some((line) => expected.test(line)),
      told.join('\n'),
    );
  });

const ALLOWED_TO_NOBODY: readonly (readonly [yaml: string, execution: Partial<Execution>])[] = [
  ['user: 12345', {}],
  ['user: 12345:0', {}],
  ['group: 0', {}],
  ['nice: 5', { nice: 5 }],
  ['limits: { nofile: 4096 }', { resourceLimits: [{ resource: 'nofile', soft: 4096, hard: 4096 }] }],
  ['security: { oom_score_adj: 1, no_new_privileges: true }', { oomScoreAdj: 1, newPrivileges: 'refused' }],
  ['io_priority: idle', { ioPriority: { class: 'idle' } }],
];
for (const [yaml, execution] of ALLOWED_TO_NOBODY)
  test(`without any privilege: ${yaml} is allowed`, async () => {
    const plain = await executionOf('', NOBODY);
    assert.deepEqual(await executionOf(yaml, NOBODY), { ...plain, ...execution });
  });

test('RLIMIT_NICE lets a service go down to 20 minus its value', async () => {
  const limits = 'Max nice priority         25                   25                   \n';
  const facts = machine(texts('0000000000000000', { limits }), 12345);
  assert.equal((await executionOf('nice: -5', facts)).nice, -5);
  assert.match((await refusal('nice: -6', facts)).join(), /CAP_SYS_NICE/);
});

test('an engine that lists the primary group among the others changes nothing', async () => {
  const proc = texts('0000000000000000');
  const facts = machine({ ...proc, status: proc.status.replace('Groups:\t ', 'Groups:\t4711') }, 4711, 4711);
  assert.equal((await executionOf('user: 4711:4711\ngroups: []', facts)).identity, undefined);
});

const TOOLS: readonly (readonly [ExecutionTool, yaml: string, line: string])[] = [
  [
    'setpriv',
    'user: web',
    '2:7 this needs the program setpriv, which is not installed -> Install the package util-linux',
  ],
  ['setpriv', 'security: { no_new_privileges: true }', '2:32 this needs the program setpriv'],
  ['prlimit', 'limits: { core: 0 }', '2:9 this needs the program prlimit'],
  ['ionice', 'io_priority: idle', '2:14 this needs the program ionice'],
  ['taskset', 'cpu_affinity: 0', '2:15 this needs the program taskset'],
  [
    'nice',
    'nice: 1',
    '2:7 this needs the program nice, which is not installed -> Install the package coreutils',
  ],
  ['sh', 'security: { umask: "077" }', '2:20 this needs the program sh'],
];
for (const [tool, yaml, line] of TOOLS)
  test(`without ${tool}, ${yaml} is refused and the package named`, async () => {
    const tools = new Set([...ROOT.tools].filter((other) => other !== tool));
    const told = await refusal(yaml, { ...ROOT, tools });
    assert.ok(told[0]?.startsWith(line), told.join('\n'));
  });

test('some of the CPUs are there: a warning, and the service may run', async () => {
  const files = { 'services.d/a.yaml': 'command: [a]\ncpu_affinity: [0, 64]\n' };
  const loaded = await load(files, {}, () => Promise.resolve(ROOT));
  assert.ok(loaded.kind === 'loaded');
  assert.deepEqual(
    loaded.warnings.map(({ message }) => message),
    ['CPU 64 cannot be used here; the service runs on the others'],
  );
});

test('a service that is skipped here needs no user here', async () => {
  const service = await serviceOf('user: nobody-knows\nwhen: { executable: no-such-program }');
  assert.equal(service.eligibility.kind, 'skipped');
});

test('the system is not asked when nobody asks for anything', async () => {
  const loaded = await load({ 'services.d/a.yaml': 'command: [a]\n' }, {}, () =>
    Promise.reject(new Error('asked')),
  );
  assert.equal(loaded.kind, 'loaded');
});

test('the real system: own ids, the first user, the tools of this machine', async () => {
  const { own, accounts, tools } = await readSystemFacts();
  assert.equal(own.uid, process.getuid?.());
  assert.deepEqual(new Set([...own.groups, own.gid]), new Set(process.getgroups?.()));
  assert.equal(accounts.users.find(({ name }) => name === 'root')?.uid, 0);
  assert.ok(tools.has('sh') && tools.has('setpriv'));
  assert.ok((own.hardLimits.get('nofile') ?? 0) > 0);
  assert.equal(own.hardLimits.size, 16);
  assert.ok((own.cpus?.length ?? 0) > 0);
});

test('without /proc root is taken for privileged, and nobody else', () => {
  const nothing = {
    status: '',
    limits: '',
    oomScoreAdj: '',
    uidMap: '',
    gidMap: '',
    setgroups: '',
    mostOpenFiles: '',
  };
  assert.equal(parsePrivileges(nothing, { uid: 0, gid: 0 }, 0).effective, -1n);
  const other = parsePrivileges(nothing, { uid: 7, gid: 7 }, 0);
  assert.deepEqual(
    [other.effective, other.userNamespace, other.cpus, other.mostOpenFiles, other.oomScoreAdj],
    [0n, 'first', undefined, Infinity, -1000],
  );
});

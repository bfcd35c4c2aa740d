// The keys of an attached service: what they come to, and what is refused because nobody starts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, diagnosticsOf, load, loadService } from './loading.ts';

const ATTACHED = 'type: attached\nattach: { command: "^gunicorn: master" }\n';
const NOTHING = { command: undefined, executable: undefined, pidFile: undefined, uid: undefined };

test('a pattern is enough; no command, no limit of the start, no end that is well', async () => {
  const spec = await loadService(ATTACHED);
  assert.deepEqual(spec.attachment, {
    kind: 'process',
    query: { ...NOTHING, command: '^gunicorn: master' },
  });
  const { type, command, startupTimeoutMs, successExitCodes, stop, restart, importance } = spec;
  assert.deepEqual([type, command, startupTimeoutMs, successExitCodes], ['attached', undefined, 0, []]);
  assert.deepEqual([stop.killMode, restart.policy, importance], ['process', 'always', 'normal']);
});

test('every other way arrives, and names of users are looked up', async () => {
  const yaml =
    'type: attached\nattach: { executable: /usr/sbin/nginx, pid_file: /run/nginx.pid, user: root }\nstartup: { timeout: 5s }';
  const spec = await loadService(yaml);
  assert.deepEqual(spec.attachment, {
    kind: 'process',
    query: { command: undefined, executable: '/usr/sbin/nginx', pidFile: '/run/nginx.pid', uid: 0 },
  });
  assert.equal(spec.startupTimeoutMs, 5000);
  const byNumber = await loadService('type: attached\nattach: { command: a, user: 4242 }');
  assert.equal(byNumber.attachment.kind === 'process' && byNumber.attachment.query.uid, 4242);
});

test('on_gone is a policy, and with exit the service is essential', async () => {
  const cases = [
    ['wait', 'always', 'normal'],
    ['fail', 'never', 'normal'],
    ['exit', 'never', 'essential'],
  ];
  for (const [onGone, policy, importance] of cases) {
    const { restart, importance: found } = await loadService(`${ATTACHED}on_gone: ${onGone}\n`);
    assert.deepEqual([onGone, restart.policy, found], [onGone, policy, importance]);
  }
});

test('what says how it is asked, signalled and waited for remains', async () => {
  const yaml = `${ATTACHED}
readiness: { tcp: { port: 80 } }
liveness: { exec: ["true"] }
startup: { probe: { file: /run/up } }
stop: { signal: QUIT, timeout: 1m }
reload: { signal: HUP }
restart: { delay: 1s, max_delay: 2s, reset_after: 3s, burst: { count: 4 } }
essential: true
when: { file: / }
`;
  const { stop, reload, restart, readiness } = await loadService(yaml);
  assert.deepEqual([stop.signal, stop.timeoutMs, readiness.kind], ['SIGQUIT', 60_000, 'probe']);
  assert.deepEqual(reload, { kind: 'signal', signal: 'SIGHUP' });
  assert.equal(restart.burst.count, 4);
});

const REFUSED: readonly (readonly [yaml: string, said: string])[] = [
  ['command: [a]', '3:1 an attached service has no command: Bosun does not start it'],
  ['environment: { A: b }', '3:1 an attached service has no environment: Bosun does not start it'],
  ['env_file: []', '3:1 an attached service has no env_file: Bosun does not start it'],
  ['working_dir: /srv', '3:1 an attached service has no working_dir: Bosun does not start it'],
  ['user: root', '3:1 an attached service has no user: Bosun does not start it'],
  ['limits: { nofile: 10 }', '3:1 an attached service has no limits: Bosun does not start it'],
  ['security: { umask: "027" }', '3:1 an attached service has no security: Bosun does not start it'],
  ['nice: 5', '3:1 an attached service has no nice: Bosun does not start it'],
  ['hooks: { pre_start: [a] }', '3:1 an attached service has no hooks: Bosun does not start it'],
  ['logs: { stdout: false }', '3:1 an attached service has no logs: Bosun does not have its output'],
  ['restart: { policy: never }', '3:12 an attached service is not restarted by Bosun'],
  ['success_exit_codes: [0]', '3:1 an attached service never ends well'],
  ['main: true', '3:1 an attached service cannot be main'],
  ['stop: { command: [a] }', '3:9 an attached service is stopped by a signal only'],
  ['stop: { kill_mode: group }', '3:9 an attached service is one process, and no other is signalled'],
  ['reload: { command: [a] }', '3:11 an attached service is reloaded by a signal only'],
  ['readiness: { notify: { fd: 3 } }', '3:14 an attached service cannot tell Bosun that it is ready'],
  ['readiness: { log: up }', '3:14 an attached service has no output that Bosun could see'],
  ['startup: { probe: { log: up } }', '3:21 an attached service has no output that Bosun could see'],
  ['liveness: { watchdog: 1s }', '3:13 an attached service cannot tell Bosun that it is alive'],
  ['down: [a]', '3:1 an attached service has no down command'],
  ['schedule: "@daily"', '3:1 an attached service has no schedule'],
  ['on_gone: restart', '3:10 "restart" is not known here'],
  ['on_gone: exit\nessential: true', '4:1 essential has no effect beside on_gone: exit'],
];

for (const [yaml, said] of REFUSED)
  test(`refused: ${yaml.replaceAll('\n', ' ')}`, async () => {
    const diagnostics = await diagnosticsOf({ 'services.d/it.yaml': `${ATTACHED}${yaml}\n` });
    assert.deepEqual(brief(diagnostics), [`services.d/it.yaml:${said}`]);
    assert.notEqual(diagnostics[0]?.remedy, '');
  });

const WRONG: readonly (readonly [yaml: string, said: string])[] = [
  ['type: attached', '1:7 "attach" is missing'],
  ['type: attached\nattach: {}', '2:9 does not say which process is meant'],
  ['type: attached\nattach: { user: root }', '2:9 does not say which process is meant'],
  ['type: attached\nattach: { command: "" }', '2:20 is an empty pattern, which every line matches'],
  ['type: attached\nattach: { command: ".*" }', '2:20 matches every process'],
  ['type: attached\nattach: { command: "a.*b.*c.*d" }', '2:20 could take too long on long arguments'],
  ['type: attached\nattach: { executable: nginx }', '2:23 "nginx" is not an absolute path'],
  [
    'type: attached\nattach: { command: a, user: nobody-here }',
    '2:29 no user is called "nobody-here" in /etc/passwd',
  ],
  ['attach: { command: a }', '1:1 a service has no attach'],
  ['command: [a]\non_gone: exit', '2:1 a service has no on_gone'],
  ['type: oneshot', '1:1 "command" is missing'],
];

for (const [yaml, said] of WRONG)
  test(`refused: ${yaml.replaceAll('\n', ' ')}`, async () => {
    const diagnostics = await diagnosticsOf({ 'services.d/it.yaml': `${yaml}\n` });
    assert.deepEqual(brief(diagnostics), [`services.d/it.yaml:${said}`]);
  });

test('nobody can wait for it to complete', async () => {
  const result = await load({
    'services.d/it.yaml': ATTACHED,
    'services.d/web.yaml':
      'command: [a]\ndepends_on: { it: { condition: service_completed_successfully } }\n',
  });
  assert.ok(result.kind === 'refused');
  assert.match(brief(result.diagnostics).join(), /"it" is attached, so it never completes/);
});

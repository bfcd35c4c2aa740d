// `stop` and `hooks`: what they come to, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadService } from './loading.ts';
import { testRefusals } from './refusals.ts';

test('every key of stop arrives', async () => {
  const yaml = 'command: [a]\nstop: { signal: int, timeout: 1m, kill_mode: mixed, command: "ctl stop -w" }';
  assert.deepEqual((await loadService(yaml)).stop, {
    signal: 'SIGINT',
    timeoutMs: 60_000,
    killMode: 'mixed',
    command: ['ctl', 'stop', '-w'],
  });
});

test('each kill mode can be said', async () => {
  for (const mode of ['group', 'process', 'mixed'])
    assert.equal((await loadService(`command: [a]\nstop: { kill_mode: ${mode} }`)).stop.killMode, mode);
});

test('a hook is a list, a text, or a map with a time limit', async () => {
  const yaml = [
    'command: [a]',
    'hooks:',
    '  pre_start: [mkdir, -p, /run/a]',
    "  post_start: say 'up now'",
    '  pre_stop: { command: [b, c] }',
    '  post_stop: { command: "d e", timeout: 1m30s }',
  ].join('\n');
  assert.deepEqual((await loadService(yaml)).hooks, {
    pre_start: { command: ['mkdir', '-p', '/run/a'], timeoutMs: 10_000 },
    post_start: { command: ['say', 'up now'], timeoutMs: 10_000 },
    pre_stop: { command: ['b', 'c'], timeoutMs: 10_000 },
    post_stop: { command: ['d', 'e'], timeoutMs: 90_000 },
  });
});

test('a hook that is not there is not there', async () => {
  assert.deepEqual((await loadService('command: [a]\nhooks: {}')).hooks, {});
  assert.deepEqual(Object.keys((await loadService('command: [a]\nhooks: { pre_stop: b }')).hooks), [
    'pre_stop',
  ]);
});

testRefusals([
  {
    rule: 'an unknown kill mode',
    yaml: 'stop: { kill_mode: control-group }',
    said: [['2:20 "control-group" is not known here', 'Write one of group, process, mixed.']],
  },
  {
    rule: 'a stop command that needs a shell',
    yaml: 'stop: { command: "a && b" }',
    said: [
      [
        '2:18 has the shell operator "&&", but no shell runs it',
        'If a shell is wanted, write [sh, -c, "a && b"]; if not, quote the word or write the command as a list.',
      ],
    ],
  },
  {
    rule: 'an empty stop command',
    yaml: 'stop: { command: [] }',
    said: [['2:18 names no program', 'Write program and arguments: [program, argument].']],
  },
  {
    rule: 'a hook without a command',
    yaml: 'hooks: { pre_start: { timeout: 5s } }',
    said: [['2:10 "command" is missing', 'Add it. Example: command: [/app/hook]']],
  },
  {
    rule: 'an empty hook',
    yaml: 'hooks: { pre_start: [] }',
    said: [['2:21 names no program', 'Write program and arguments: [program, argument].']],
  },
  {
    rule: 'a hook that needs a shell',
    yaml: 'hooks: { post_start: "a | b" }',
    said: [
      [
        '2:22 has the shell operator "|", but no shell runs it',
        'If a shell is wanted, write [sh, -c, "a | b"]; if not, quote the word or write the command as a list.',
      ],
    ],
  },
  {
    rule: 'a hook without a limit',
    yaml: 'hooks: { pre_stop: { command: a, timeout: 0 } }',
    said: [['2:43 must be longer than 0', 'Write a duration such as 1s.']],
  },
  {
    rule: 'an unknown key of a hook',
    yaml: 'hooks: { pre_stop: { cmd: a } }',
    said: [
      ['2:10 "command" is missing', 'Add it. Example: command: [/app/hook]'],
      ['2:22 unknown key "cmd"', 'Bosun\'s name for it is "command". Known here: command, timeout.'],
    ],
  },
  {
    rule: 'a hook without a value',
    yaml: 'hooks: { post_stop: }',
    said: [
      [
        '2:10 "post_stop" has no value',
        'Give it one, or remove the key. Example: post_stop: [rm, -f, /run/app/app.sock]',
      ],
    ],
  },
  {
    rule: 'an unknown hook',
    yaml: 'hooks: { on_exit: a }',
    said: [['2:10 unknown key "on_exit"', 'Known here: pre_start, post_start, pre_stop, post_stop.']],
  },
  {
    rule: 'the hook of another tool',
    yaml: 'preStop: a',
    said: [['2:1 unknown key "preStop"', 'Bosun\'s name for it is "hooks: { pre_stop: [..] }".']],
  },
  {
    rule: 'a reload time-out that limits nothing',
    yaml: 'reload: { signal: HUP, timeout: 1s }',
    said: [['2:24 timeout has no effect beside signal', 'Remove it: it limits a command.']],
  },
]);

// Drop-in mode on a terminal, as under `docker run -it`: the command has it, in the foreground, and Ctrl-C reaches it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '../support/container.ts';

/** Python's pty.spawn: a pseudo-terminal as the command's controlling terminal, joined to our pipes. */
const ON_A_TERMINAL = [
  'python3',
  '-c',
  'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))',
];

const SCRIPT = `trap "echo interrupted; exit 5" INT
tty
echo "group $(cut -d" " -f5 /proc/$$/stat) foreground $(cut -d" " -f8 /proc/$$/stat)"
read line; echo "read $line"
read line`;

test('the command reads from the terminal, is its foreground group, and gets Ctrl-C once', async () => {
  await using container = new Container({
    command: ['sh', '-c', SCRIPT],
    inside: ON_A_TERMINAL,
    stdin: 'pipe',
  });
  await container.stdout.line(/^\/dev\/pts\//);
  const [, group, , foreground] = (await container.stdout.line(/^group/)).trim().split(' ');
  assert.equal(group, foreground);
  container.stdin.write('hello\n');
  await container.stdout.line(/^read hello/);
  container.stdin.write('\x03');
  await container.stdout.line(/interrupted/);
  assert.equal((await container.end()).code, 5);
  assert.equal(container.stdout.text.match(/interrupted/g)?.length, 1);
});

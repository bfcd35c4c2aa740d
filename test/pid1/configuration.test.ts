// A wrong configuration is refused whole, before anything has been started (promise P12).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '../support/container.ts';

test('three errors in two files: all are told with file and line, exit code 125, nothing started', async () => {
  await using container = new Container({
    services: {
      good: "command: [sh, -c, 'touch $$TEST_DIR/started']\n",
      one: 'command: [true]\nrestart:\n  policy: sometimes\n  dealy: 5s\n',
      two: 'command: [true]\ndepends_on: [nobody]\n',
    },
  });
  assert.deepEqual(await container.end(), { code: 125, signal: null });
  const told = container.stderr.text;
  assert.match(told, /one\.yaml:3:11/);
  assert.match(told, /one\.yaml:4:3/);
  assert.match(told, /two\.yaml:2:\d+/);
  assert.match(told, /dealy/);
  assert.match(told, /3 errors in 2 files/);
  assert.equal(container.read('started'), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from '../../supervisor/boot/command-line.ts';

test('check looks where run would: the word, else --config, else BOSUN_CONFIG', () => {
  const environment = { BOSUN_CONFIG: '/from/environment' };
  const directoryOf = (...words: readonly string[]): unknown => {
    const request = parseCommandLine(words, environment);
    return request.kind === 'check' ? request.directory : request;
  };
  assert.equal(directoryOf('check'), '/from/environment');
  assert.equal(directoryOf('check', '-c', '/from/option'), '/from/option');
  assert.equal(directoryOf('check', '/named', '-c', '/from/option'), '/named');
});

test('the state directory: the option, else BOSUN_STATE_DIR, else what bosun.yaml or the socket say', () => {
  const stateDirOf = (environment: Record<string, string>, ...words: readonly string[]): unknown => {
    const request = parseCommandLine(['run', ...words], environment);
    return request.kind === 'run' ? request.run.stateDir : request;
  };
  assert.equal(stateDirOf({ BOSUN_STATE_DIR: '/env' }, '--state-dir', '/option'), '/option');
  assert.equal(stateDirOf({ BOSUN_STATE_DIR: '/env' }), '/env');
  assert.equal(stateDirOf({}), undefined);
});

test('an unknown option is named, with the one that was meant, or where the options of a command go', () => {
  const complaintOf = (...words: readonly string[]): unknown => {
    const request = parseCommandLine(words, {});
    return request.kind === 'usage-error' ? request.message : request;
  };
  assert.equal(complaintOf('run', '--sokcet', '/x'), 'unknown option --sokcet. Did you mean "--socket"?');
  assert.equal(
    complaintOf('run', 'npm', 'test', '--coverage'),
    'unknown option --coverage. The options of a command go after -- with it.',
  );
});

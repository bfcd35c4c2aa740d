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

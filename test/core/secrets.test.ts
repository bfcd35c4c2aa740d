import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessSecrets, secretsOf } from '../../supervisor/core/secrets.ts';

function of(
  environment: Readonly<Record<string, string>>,
  names: readonly string[] = [],
  fileValues: readonly string[] = [],
): readonly string[] {
  return secretsOf({ environment, logs: { redact: { names, fileValues } } });
}

test('the values of variables whose names look like a secret are secrets', () => {
  assert.deepEqual(
    of({ DB_PASSWORD: 'hunter2-2', API_KEY: 'k-123456', PATH: '/usr/bin:/bin', AUTHOR: 'somebody' }),
    ['hunter2-2', 'k-123456'],
  );
});

test('and those of variables that are named, the longest first and each once', () => {
  assert.deepEqual(
    of({ PIN: '4711', DB_PASSWORD: 'longer-one', OTHER: 'longer-one' }, ['PIN', 'OTHER', 'ABSENT']),
    ['longer-one', '4711'],
  );
});

test('a value that is short is one only where it is named, and never below four bytes', () => {
  assert.deepEqual(of({ TOKEN: 'abcde', PIN: '123' }, ['PIN']), []);
  assert.deepEqual(of({ TOKEN: 'abcde' }, ['TOKEN']), ['abcde']);
  assert.deepEqual(of({ TOKEN: 'abcdef' }), ['abcdef']);
  // Four bytes in UTF-8, though two or one in UTF-16.
  assert.deepEqual(
    of({ A: 'éé', B: '\u{1f600}', C: '€', D: '€a', E: '\ud800a' }, ['A', 'B', 'C', 'D', 'E']),
    ['éé', '\u{1f600}', '€a', '\ud800a'],
  );
});

test('what is around a value that came from a file is not part of it', () => {
  assert.deepEqual(of({ DB_PASSWORD: ' hunter2-2\n' }), ['hunter2-2']);
});

test('what is in a file of secrets is one, if it is long enough', () => {
  assert.deepEqual(of({}, [], ['from-a-file', 'pin1', 'abc']), ['from-a-file', 'pin1']);
});

test('words that only switch something on are none, unless they are named', () => {
  assert.deepEqual(of({ ETCD_AUTH: 'Enabled', TOKEN: 'required' }), []);
  assert.deepEqual(of({ ETCD_AUTH: 'enabled' }, ['ETCD_AUTH']), ['enabled']);
});

test('the working directories of a shell and what only tells about a secret are none', () => {
  const environment = {
    PWD: '/srv/application',
    OLDPWD: '/srv/application',
    COOKIE_DOMAIN: 'example.com',
    TOKEN_ALGORITHM: 'HS256-and-more',
    PASSWORD_FILE: '/run/secrets/password',
    SSH_AUTH_SOCK: '/run/agent.sock',
  };
  assert.deepEqual(of(environment), []);
  assert.deepEqual(of({ DB_PWD: 'hunter2-2' }), ['hunter2-2']);
});

test('the password in a URL is a secret, as it is written and as it is meant', () => {
  assert.deepEqual(
    of({ DATABASE_URL: 'postgres://app:s3cret%2Fx@db/x?y=postgres://b:second-1@c', MAIL: 'me@example.com' }),
    ['s3cret%2Fx', 's3cret/x', 'second-1'],
  );
  assert.deepEqual(of({ A: 'amqp://u:per%cent-1@h' }), ['per%cent-1']);
});

test('secrets are guessed in several environments', () => {
  assert.deepEqual(guessSecrets([{ A_TOKEN: 'token-1' }, { B_TOKEN: 'token-22', A_TOKEN: undefined }]), [
    'token-22',
    'token-1',
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskCommand } from '../../supervisor/core/mask-command.ts';

type Case = readonly [command: readonly string[], shown: readonly string[]];

const CASES: readonly Case[] = [
  // By the name of an option.
  [
    ['mysql', '--password', 'hunter2'],
    ['mysql', '--password', '***'],
  ],
  [
    ['mysql', '--password=hunter2'],
    ['mysql', '--password=***'],
  ],
  [
    ['x', '--apiKey', 'abc'],
    ['x', '--apiKey', '***'],
  ],
  [
    ['x', '-token', 'abc'],
    ['x', '-token', '***'],
  ],
  [
    ['x', '--db-passwd=a=b'],
    ['x', '--db-passwd=***'],
  ],
  // By the name of a variable.
  [
    ['env', 'DB_PASSWORD=hunter2', 'PORT=80'],
    ['env', 'DB_PASSWORD=***', 'PORT=80'],
  ],
  [
    ['env', 'AWS_SECRET_ACCESS_KEY=abc'],
    ['env', 'AWS_SECRET_ACCESS_KEY=***'],
  ],
  // In a URL.
  [
    ['psql', 'postgres://app:s3cret@db/x'],
    ['psql', 'postgres://app:***@db/x'],
  ],
  [
    ['x', '--url=http://me:pw@h'],
    ['x', '--url=http://me:***@h'],
  ],
  [
    ['curl', 'http://host:8080/@x'],
    ['curl', 'http://host:8080/@x'],
  ],
  // In a header.
  [
    ['curl', '-H', 'Authorization: Bearer abc'],
    ['curl', '-H', 'Authorization: ***'],
  ],
  [
    ['curl', '-H', 'X-Api-Key: abc'],
    ['curl', '-H', 'X-Api-Key: ***'],
  ],
  [
    ['curl', '-H', 'Accept: text/html'],
    ['curl', '-H', 'Accept: text/html'],
  ],
  // In a script.
  [
    ['sh', '-c', 'PGPASSWORD=x TOKEN=abc psql  --password y\n&& ls'],
    ['sh', '-c', 'PGPASSWORD=*** TOKEN=*** psql  --password ***\n&& ls'],
  ],
  // By its value, which a variable has.
  [
    ['x', 'prefix-v3ry-secret-suffix'],
    ['x', 'prefix-***-suffix'],
  ],
  [
    ['x', 'tiny'],
    ['x', 'tiny'],
  ],
  // What only looks like it.
  [
    ['x', '--author', 'me'],
    ['x', '--author', 'me'],
  ],
  [
    ['x', '--token-file', '/run/token'],
    ['x', '--token-file', '/run/token'],
  ],
  [
    ['x', '--key', '/etc/key.pem'],
    ['x', '--key', '/etc/key.pem'],
  ],
  [
    ['x', '--password', '--verbose'],
    ['x', '--password', '--verbose'],
  ],
  [
    ['x', 'PASSWORD_FILE=/run/pw'],
    ['x', 'PASSWORD_FILE=/run/pw'],
  ],
  [
    ['x', '--password='],
    ['x', '--password='],
  ],
];

const ENVIRONMENT = { APP_SECRET: 'v3ry-secret', SHORT_TOKEN: 'tiny', HOME: '/root' };

for (const [command, shown] of CASES) {
  test(`shown of ${command.join(' ')}`, () => {
    assert.deepEqual(maskCommand(command, ENVIRONMENT), shown);
  });
}

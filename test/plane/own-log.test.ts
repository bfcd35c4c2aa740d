// Bosun's own lines: their levels, their fields, and what must not be in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFormat } from '../../supervisor/core/log-spec.ts';
import { createOwnLog, type OwnMessage } from '../../supervisor/plane/logs/own-log.ts';
import { createKnownSecrets } from '../../supervisor/plane/secrets/known-secrets.ts';
import { service } from '../support/specs.ts';

const WEB = service('web', { environment: { DB_PASSWORD: 'hun"ter2\\', HOME: '/root', WEB_TOKEN: 'web' } });
const POSTGRES = service('postgres', { environment: { POSTGRES_PASSWORD: 'postgres' } });
const OWN_ENVIRONMENT = { CONTAINER_TOKEN: 'of-the-container' };

const secrets = createKnownSecrets(
  (name) => [WEB, POSTGRES].find((each) => each.name === name),
  OWN_ENVIRONMENT,
);

function line(format: LogFormat, message: OwnMessage): string {
  const lines: string[] = [];
  createOwnLog({ format, pid: 1, secrets }, (text) => lines.push(text))(message, 1000);
  assert.equal(lines.length, 1);
  return lines[0] ?? '';
}

function json(message: OwnMessage): unknown {
  return JSON.parse(line('json', message));
}

test("json has pino's levels and field names, and the service that it is about as its subject", () => {
  const levels = { info: 30, warn: 40, error: 50 } as const;
  for (const level of ['info', 'warn', 'error'] as const)
    assert.deepEqual(
      json({ level, text: 'one\ntwo', fields: { service: 'web', event: 'ready', event_id: 7 } }),
      {
        level: levels[level],
        time: 1000,
        pid: 1,
        service: 'bosun',
        subject: 'web',
        event: 'ready',
        event_id: 7,
        msg: 'one\ntwo',
      },
    );
});

test('an error in the field err is told with its type, message and stack', () => {
  const { err } = json({ level: 'error', text: 'x', fields: { err: new RangeError('too far') } }) as {
    err: { type: string; message: string; stack: string };
  };
  assert.deepEqual([err.type, err.message], ['RangeError', 'too far']);
  assert.match(err.stack, /^RangeError: too far\n/v);
});

test('the secrets of the service that a line is about are masked in every format, also as JSON', () => {
  const text = 'web: got {"p":"hun\\"ter2\\\\"} for hun"ter2\\';
  const fields = { service: 'web', answer: 'hun"ter2\\!', pid_of_service: 12 };
  const { msg, answer } = json({ level: 'warn', text, fields }) as { msg: string; answer: string };
  assert.deepEqual([msg, answer], ['web: got {"p":"***"} for ***', '***!']);
  assert.equal(line('prefix', { level: 'warn', text, fields }), 'web: got {"p":"***"} for ***');
  assert.equal(line('raw', { level: 'warn', text, fields }), 'bosun: web: got {"p":"***"} for ***');
});

test('in other lines those of the container are', () => {
  const text = 'hun"ter2\\ of-the-container';
  assert.equal(line('prefix', { level: 'info', text }), 'hun"ter2\\ ***');
  assert.equal(line('prefix', { level: 'info', text, fields: { service: 'gone' } }), 'hun"ter2\\ ***');
});

test('a service whose password is its name keeps its name', () => {
  const { msg, subject } = json({
    level: 'info',
    text: 'postgres is ready',
    fields: { service: 'postgres' },
  }) as {
    msg: string;
    subject: string;
  };
  assert.deepEqual([msg, subject], ['postgres is ready', 'postgres']);
});

test("words of Bosun's own are none, though a secret of the container may be the same", () => {
  const name = OWN_ENVIRONMENT.CONTAINER_TOKEN;
  const { subject, event, other } = json({
    level: 'info',
    text: 'x',
    fields: { service: name, event: name, other: name },
  }) as Record<string, string>;
  assert.deepEqual([subject, event, other], [name, name, '***']);
});

test('nothing in a text begins a new line, and no line of a secret that has several is left', () => {
  const key = 'first line of it\nsecond line of it';
  const known = createKnownSecrets(() => service('web', { environment: { SIGNING_KEY: key } }), {});
  const lines: string[] = [];
  const log = createOwnLog({ format: 'prefix', pid: 1, secrets: known }, (text) => lines.push(text));
  const fields = { service: 'web' };
  log({ level: 'info', text: `a\n${key}\u001b[31m`, fields });
  log({ level: 'info', text: 'x second line of it', fields });
  assert.deepEqual(lines, ['a *** [31m', 'x ***']);
});

// The words of other tools lead to keys that are there, and what is told to come later is not there yet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceKeys } from '../../supervisor/config/json-schema.ts';
import { FOREIGN_KEYS } from '../../supervisor/config/known-words.ts';
import { diagnosticsOf } from './loading.ts';

type Schema = { readonly [keyword: string]: unknown };

/** Every key of a schema with its path. */
function keysIn(schema: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, anyOf } = schema as Schema;
  const own = Object.entries((properties ?? {}) as Schema).flatMap(([name, below]) => [
    [...path, name],
    ...keysIn(below, [...path, name]),
  ]);
  return [...own, ...(Array.isArray(anyOf) ? anyOf.flatMap((choice) => keysIn(choice, path)) : [])];
}

const keys = keysIn(serviceKeys());
const names = new Set(keys.map((path) => path.at(-1)));
const paths = new Set(keys.map((path) => path.join('.')));

test('each name of another tool leads to a key of Bosun', () => {
  for (const [foreign, meant] of FOREIGN_KEYS) {
    const written = [...meant.matchAll(/([a-z_]+)(?=:)/g)].map(([name]) => name);
    const found = written.length === 0 ? names.has(meant) : paths.has(written.slice(0, 2).join('.'));
    assert.ok(found || meant.startsWith('depends_on:'), `${foreign} leads to ${meant}, which is no key`);
  }
});

test('no key of the first level has the name of another tool', () => {
  for (const [foreign] of FOREIGN_KEYS) assert.ok(!paths.has(foreign), foreign);
});

test('who writes the words of Compose, Kubernetes or systemd is told those of Bosun', async () => {
  const cases: [string, string][] = [
    ['ExecStartPre: a', 'Bosun\'s name for it is "hooks: { pre_start: [..] }".'],
    ['KillMode: mixed', 'Bosun\'s name for it is "stop: { kill_mode: group }".'],
    ['startupProbe: {}', 'Bosun\'s name for it is "startup: { probe: { .. } }".'],
    ['start_period: 5s', 'Bosun\'s name for it is "startup: { timeout: 60s }".'],
    ['User: web', 'Bosun\'s name for it is "user".'],
    ['ulimits: {}', 'Bosun\'s name for it is "limits".'],
    ['WatchdogSec: 30', 'Bosun\'s name for it is "liveness: { watchdog: 30s }".'],
    ['OnCalendar: daily', 'Bosun\'s name for it is "schedule".'],
  ];
  for (const [yaml, remedy] of cases) {
    const [first] = await diagnosticsOf({ 'services.d/it.yaml': `command: [a]\n${yaml}` });
    assert.equal(first?.remedy, remedy, yaml);
  }
});

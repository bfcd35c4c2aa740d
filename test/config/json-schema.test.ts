// services.d/schema.json is what the code would write, and every key says what it is.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { serviceJsonSchema } from '../../supervisor/config/json-schema.ts';

type Node = { properties?: Record<string, Node>; description?: string; [key: string]: unknown };

test('services.d/schema.json is fresh: if not, run scripts/generate-schema.ts', async () => {
  const written: unknown = JSON.parse(
    await readFile(new URL('../../services.d/schema.json', import.meta.url), 'utf8'),
  );
  assert.deepEqual(written, JSON.parse(JSON.stringify(serviceJsonSchema())));
});

test('every key has a description and an example, and x- keys are free everywhere', () => {
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      assert.ok(child.description, `${path}.${key} has no description`);
      assert.ok(Array.isArray(child['examples']), `${path}.${key} has no example`);
    }
    if (node.properties !== undefined) assert.deepEqual(node['patternProperties'], { '^x-': {} }, path);
    for (const [key, child] of Object.entries(node)) {
      if (key !== 'examples' && key !== 'default') walk(child, `${path}.${key}`);
    }
  };
  walk(serviceJsonSchema(), '');
});

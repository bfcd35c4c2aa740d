// From zod's schemas to those of the OpenAPI document, which are JSON Schema 2020-12. Loads zod.
import { z, type ZodType } from 'zod';
import { VIEWS } from './openapi-views.ts';

export type JsonSchema = { readonly [key: string]: unknown };

const SCHEMAS = '#/components/schemas/';

/** Of what is answered, by name; each refers to the others. Clients ignore what they do not know: more may come. */
export function viewSchemas(): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, view] of Object.entries(VIEWS)) registry.add(view, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `${SCHEMAS}${id}`, io: 'output' });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [id, withoutClosing(schema) as JsonSchema]),
  );
}

/** Of what may be sent: as it is written, before it is turned into anything. */
export function requestSchema(schema: ZodType): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return $schema === undefined ? {} : rest;
}

export function schemaRef(view: string): JsonSchema {
  return { $ref: `${SCHEMAS}${view}` };
}

function withoutClosing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutClosing);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) =>
      key === '$schema' || key === '$id' || (key === 'additionalProperties' && part === false)
        ? []
        : [[key, withoutClosing(part)]],
    ),
  );
}

// The schemas as JSON Schema, for editors. Only scripts and tests use it: nothing of it is loaded when Bosun starts.
import * as z from 'zod';
import { fleetSchema } from './fleet-schema.ts';
import { metaAt } from './schema-path.ts';
import { serviceSchema } from './service-schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a service file may hold. */
export function serviceJsonSchema(): JsonSchema {
  return { ...toJsonSchema(serviceSchema, widen), ...NEEDED_BY_TYPE };
}

/** An attached service has no command. */
const NEEDED_BY_TYPE = { anyOf: [{ required: ['command'] }, { required: ['attach'] }] };

/** What the keys of a service file mean: without what is true of all of them, as people read it. */
export function serviceKeys(): JsonSchema {
  return toJsonSchema(serviceSchema);
}

/** The same of bosun.yaml. */
export function fleetKeys(): JsonSchema {
  return toJsonSchema(fleetSchema);
}

function toJsonSchema(schema: z.ZodType, change?: (schema: JsonSchema) => void): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // zod takes the examples and the default of what is transformed for those of the outcome. All of ours are what people write.
      const examples = metaAt(zodSchema, [], 'examples');
      if (Array.isArray(examples)) jsonSchema.examples = examples;
      const preset = metaAt(zodSchema, [], 'default');
      if (preset !== undefined) jsonSchema.default = preset;
      change?.(jsonSchema);
    },
  });
}

/** In place: what the loader takes besides what the schema says: x- keys, and variables in every value. */
function widen(schema: JsonSchema): void {
  if (schema.additionalProperties === false) schema.patternProperties = { '^x-': {} };
  if (schema.pattern !== undefined) schema.pattern = `(${schema.pattern})|\\$`;
  const { type } = schema;
  // A plain scalar where text is expected is taken as it is written: `PORT: 8080`.
  if (type === 'string' && schema.pattern === undefined && schema.enum === undefined) {
    Object.assign(schema, { type: ['string', 'number', 'boolean'] });
    return;
  }
  if (schema.enum === undefined && type !== 'integer' && type !== 'boolean') return;
  const VALIDATION = ['type', 'enum', 'minimum', 'maximum'] as const;
  const own = Object.fromEntries(
    VALIDATION.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]]),
  );
  for (const key of VALIDATION) Reflect.deleteProperty(schema, key);
  schema.anyOf = [own, { type: 'string', pattern: '\\$' }];
}

// Finds the part of a schema that a path leads to: which keys could stand there, and what is said about it.
import * as z from 'zod';
import type { Path } from './plain-value.ts';

type Schema = z.core.$ZodType;

/** All that the path may mean, more than one where the schema has alternatives; empty where it leads nowhere. */
function schemasAt(schema: Schema, path: Path): readonly Schema[] {
  return path.reduce<readonly Schema[]>(
    (schemas, part) =>
      schemas.flatMap((candidate) => unwrap(candidate).flatMap((inner) => child(inner, part))),
    [schema],
  );
}

/** The keys that a map may have there. */
export function keysAt(schema: Schema, path: Path): readonly string[] {
  return schemasAt(schema, path)
    .flatMap(unwrap)
    .flatMap((inner) => (inner instanceof z.core.$ZodObject ? Object.keys(inner._zod.def.shape) : []));
}

export function metaAt(schema: Schema, path: Path, field: 'examples' | 'description' | 'default'): unknown {
  return schemasAt(schema, path)
    .flatMap(withLayers)
    .map((layer): unknown => z.globalRegistry.get(layer)?.[field])
    .find((value) => value !== undefined);
}

function withLayers(schema: Schema): Schema[] {
  return [schema, ...layers(schema).flatMap(withLayers)];
}

/** Without what is around it: optional, default, transform. Alternatives become several. */
function unwrap(schema: Schema): Schema[] {
  const inner = layers(schema);
  return inner.length === 0 ? [schema] : inner.flatMap(unwrap);
}

function layers(schema: Schema): readonly Schema[] {
  if (schema instanceof z.core.$ZodUnion) return schema._zod.def.options;
  if (schema instanceof z.core.$ZodPipe) return [schema._zod.def.in];
  if (
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault ||
    schema instanceof z.core.$ZodNullable
  ) {
    return [schema._zod.def.innerType];
  }
  return [];
}

function child(schema: Schema, part: string | number): Schema[] {
  if (schema instanceof z.core.$ZodObject) {
    const { shape } = schema._zod.def;
    const found = typeof part === 'string' && Object.hasOwn(shape, part) ? shape[part] : undefined;
    return found === undefined ? [] : [found];
  }
  if (schema instanceof z.core.$ZodRecord) return [schema._zod.def.valueType];
  if (schema instanceof z.core.$ZodArray) return [schema._zod.def.element];
  return [];
}

// Rules between the keys of one map of the schema. They run also where a part is wrong, so that all is reported at once; the parts
// may then be anything, so a rule asks only whether a key is there.
import type * as z from 'zod';

type Parts = Readonly<Record<string, unknown>>;

export const EVEN_WHEN_PARTS_ARE_WRONG = {
  when: (payload: { value: unknown }) => typeof payload.value === 'object' && payload.value !== null,
};

export function presentKeys(value: Parts, keys: readonly string[]): readonly string[] {
  return keys.filter((key) => value[key] !== undefined);
}

/** Exactly one of `keys` must be there. */
export function exactlyOneOf<Schema extends z.ZodObject>(
  schema: Schema,
  keys: readonly string[],
  remedy: string,
): Schema {
  return schema.refine((value) => presentKeys(value, keys).length === 1, {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    message: `must have ${choiceOf(keys)}`,
    params: { remedy },
  });
}

function choiceOf(keys: readonly string[]): string {
  const last = keys.at(-1) ?? '';
  if (keys.length === 2) return `either ${keys[0] ?? ''} or ${last}`;
  return `exactly one of ${keys.slice(0, -1).join(', ')} and ${last}`;
}

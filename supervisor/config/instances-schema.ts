// The schema of `instances`, the key that makes services of a template: a number, or a list of names.
import * as z from 'zod';

/** More services of one kind are a mistake. */
const MAX_INSTANCES = 1000;

export const instancesSchema = z
  .union([
    z.int().min(1).max(MAX_INSTANCES),
    z
      .array(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/))
      .min(1)
      .max(MAX_INSTANCES),
  ])
  .transform((written, context): readonly string[] => {
    if (typeof written === 'number') return Array.from({ length: written }, (_, index) => String(index + 1));
    const seen = new Set<string>();
    written.forEach((name, index) => {
      if (seen.has(name)) context.addIssue(twice(name, index));
      seen.add(name);
    });
    return written;
  })
  .meta({
    description:
      'Of a template, a file called NAME@.yaml: it describes the services NAME-1, NAME-2 and so on, or with a list of names one ' +
      'for each, such as NAME-eu. `${INSTANCE}` and `${INSTANCE_INDEX}`, which counts from 0, are expanded in all values of ' +
      'the file; `depends_on: [NAME@]` means all of them.',
    examples: [3, ['eu', 'us']],
  });

function twice(name: string, index: number) {
  const params = { remedy: 'Remove one of the two.' };
  return { code: 'custom' as const, message: `"${name}" is here twice`, path: [index], params };
}

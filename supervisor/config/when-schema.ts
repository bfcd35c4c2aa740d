// The schema of `when`: conditions without which a service is skipped. eligibility.ts looks whether they hold.
import * as z from 'zod';
import { EVEN_WHEN_PARTS_ARE_WRONG, presentKeys } from './refinement.ts';

const variableName = z.string().regex(/^[^=]+$/);

export const whenSchema = z
  .strictObject({
    executable: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'A program that must be there, looked up in the PATH of the service, or a path.',
        examples: ['caddy'],
      }),
    file: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'A path that must exist, absolute or relative to `working_dir`.',
        examples: ['/etc/caddy/Caddyfile'],
      }),
    environment: z
      .union([z.array(variableName).min(1), z.record(variableName, z.string())])
      .optional()
      .meta({
        description:
          'Variables of the service: a list of names that must be set and not empty, or a map of names and the values that they ' +
          'must have.',
        examples: [['API_TOKEN'], { MODE: 'production' }],
      }),
  })
  .refine((value) => presentKeys(value, ['executable', 'file', 'environment']).length > 0, {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    message: 'must have at least one of executable, file and environment',
    params: { remedy: 'Add one, or remove the key.' },
  })
  .optional()
  .meta({
    description:
      'Where one of these does not hold when the configuration is loaded, the service is skipped, with the reason.',
    examples: [{ executable: 'caddy' }],
  });

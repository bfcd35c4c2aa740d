// The schema of `journal`, the key of bosun.yaml that bounds what is kept of the events.
import * as z from 'zod';
import { size } from './schema-scalars.ts';

const SMALLEST_SEGMENT_BYTES = 1024 * 1024;

export const journalSchema = z
  .strictObject({
    segment_events: z
      .int()
      .min(1000)
      .max(10_000_000)
      .default(100_000)
      .meta({ description: 'A file of the journal with so many events is full.', examples: [20_000] }),
    segment_size: size({ description: 'Or one of this size; at least 1M.', examples: ['16M'] })
      .refine((bytes) => bytes >= SMALLEST_SEGMENT_BYTES, {
        params: { remedy: 'Write 1M or more.' },
        error: 'is too small',
      })
      .prefault('64M'),
    keep: z
      .int()
      .min(1)
      .max(1000)
      .default(4)
      .meta({
        description: 'So many files are kept; when another one is begun, the oldest is removed.',
        examples: [2],
      }),
  })
  .prefault({})
  .meta({ description: 'The events that are kept in the state directory.', examples: [{ keep: 8 }] });

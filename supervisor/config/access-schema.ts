// The schema of `access:` in bosun.yaml: who besides root and Bosun's own user may use the control socket, by name or number.
import * as z from 'zod';
import { ROLES } from '../core/control-access.ts';

const role = z.enum(ROLES);

export const accessSchema = z
  .strictObject({
    users: z
      .record(z.string(), role)
      .default({})
      .meta({
        description: 'Roles of users, each by name or number.',
        examples: [{ web: 'control', '1001': 'observe' }],
      }),
    groups: z
      .record(z.string(), role)
      .default({})
      .meta({
        description: 'Roles of groups: of whoever has one as its primary or as a supplementary group.',
        examples: [{ staff: 'observe' }],
      }),
  })
  .prefault({})
  .meta({
    description:
      'Who besides root and the user that Bosun runs as may use the control socket: `observe` reads, `control` also starts, stops and runs jobs, `admin` may everything. Of several roles the greatest counts.',
    examples: [{ users: { web: 'control' }, groups: { staff: 'observe' } }],
  });

export type AccessFile = z.output<typeof accessSchema>;

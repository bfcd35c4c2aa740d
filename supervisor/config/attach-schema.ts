// The schema of `attach` and `on_gone`: which process an attached service is, and what follows when that is gone. The engine looks for it,
// so a pattern that could take long is refused.
import * as z from 'zod';
import { examinePattern } from '../core/pattern-cost.ts';
import { parseAccount } from './account-reference.ts';
import { ok, wrong, type Parsed } from './parsed.ts';
import { parsePattern } from './pattern.ts';
import { EVEN_WHEN_PARTS_ARE_WRONG, presentKeys } from './refinement.ts';
import { absolutePath, scalar } from './schema-scalars.ts';

/** The time grows with this power of the length of the arguments, which are somebody else's. */
const MOST_POWER = 3;

function parseProcessPattern(value: unknown): Parsed<string> {
  if (typeof value !== 'string') return wrong('must be text', 'Write a regular expression.');
  const parsed = parsePattern(value);
  if (parsed.kind === 'error') return parsed;
  if (new RegExp(value, 'v').test(''))
    return wrong('matches every process', 'Write a part of its arguments that others do not have.');
  const cost = examinePattern(value);
  if (cost.kind === 'bounded' && cost.power <= MOST_POWER) return ok(value);
  return wrong(
    'could take too long on long arguments',
    'Repeat less, such as one .* in place of three, or begin it with ^.',
  );
}

const WAYS = ['command', 'executable', 'pid_file'] as const;

export const attachSchema = z
  .strictObject({
    command: scalar(parseProcessPattern, {
      type: 'string',
      description:
        'A regular expression of JavaScript, with the flag v, on its arguments joined with spaces, as /proc/PID/cmdline has them. As ' +
        'in all values, a dollar is written `$$`.',
      examples: ['gunicorn: master|gunicorn .*app:app'],
    }).optional(),
    executable: absolutePath({
      description: 'The file that it executes, as the link /proc/PID/exe names it.',
      examples: ['/usr/sbin/nginx'],
    }).optional(),
    pid_file: absolutePath({
      description: 'The file in which it writes its process id.',
      examples: ['/run/nginx.pid'],
    }).optional(),
    user: scalar(parseAccount, {
      type: ['string', 'integer'],
      minimum: 0,
      description: 'Its effective user: a name of /etc/passwd, or a number.',
      examples: ['web'],
    }).optional(),
  })
  .refine((value) => presentKeys(value, WAYS).length > 0, {
    ...EVEN_WHEN_PARTS_ARE_WRONG,
    message: 'does not say which process is meant',
    params: { remedy: 'Add command, executable or pid_file.' },
  })
  .optional()
  .meta({
    description:
      'Of an attached service: which process it is. All that is said must be true of it. Of several, it is the one that none of the ' +
      'others has started, and of those the oldest.',
    examples: [{ command: 'gunicorn: master|gunicorn .*app:app' }],
  });

export const onGoneSchema = z
  .enum(['wait', 'fail', 'exit'])
  .optional()
  .meta({
    description:
      'Of an attached service: what follows when its process has ended without having been asked to. wait: the next one is looked for, ' +
      'by the delays of `restart`. fail: it has failed. exit: the container is shut down with a code that is not 0. By default wait.',
    examples: ['exit'],
  });

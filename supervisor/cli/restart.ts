// `bosunctl restart`.
import { describeUp } from './describe-up.ts';
import { lifecycleCommand } from './lifecycle.ts';

export const command = lifecycleCommand({
  verb: 'restart',
  summary: 'End the run of services and start another, and wait until it is ready',
  example: 'bosunctl restart consul-template',
  details: `Services that need it go on, unless they say \`restart: true\` at that dependency.`,
  describe: describeUp,
});

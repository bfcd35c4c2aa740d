// `bosunctl start`.
import { describeUp } from './describe-up.ts';
import { lifecycleCommand } from './lifecycle.ts';

export const command = lifecycleCommand({
  verb: 'start',
  summary: 'Start services and what they need, and wait until they are ready; run a timer now',
  example: 'bosunctl start caddy --timeout 1m',
  describe: describeUp,
});

// `bosunctl start`.
import { describeUp, lifecycleCommand } from './lifecycle.ts';

export const command = lifecycleCommand({
  verb: 'start',
  summary: 'Start services and what they need, and wait until they are ready',
  example: 'bosunctl start caddy --timeout 1m',
  describe: describeUp,
});

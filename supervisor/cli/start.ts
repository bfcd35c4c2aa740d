// `bosunctl start`.
import { describeUp } from './describe-up.ts';
import { lifecycleCommand } from './lifecycle.ts';

export const command = lifecycleCommand({
  verb: 'start',
  summary: 'Start services and what they need, and wait until they are ready; run a timer now',
  example: 'bosunctl start caddy --timeout 1m',
  details: `Prints one line for each service, and names the other services that it reached. A service that fails instead, or is not
ready in time, gives 1; the command goes on all the same. A timer that is scheduled is run now, and that run waited for; one
that was stopped is scheduled again. The answer says which of the two it was.`,
  describe: describeUp,
});

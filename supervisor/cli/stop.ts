// `bosunctl stop`.
import { lifecycleCommand } from './lifecycle.ts';

export const command = lifecycleCommand({
  verb: 'stop',
  summary: 'Stop services, what needs them first, and keep them stopped',
  example: 'bosunctl stop caddy',
  details: `Services that need a stopped one are stopped first and are named. What was stopped stays stopped, until \`start\`.`,
  describe: (view) => (view.state === 'stopped' ? 'is stopped' : `is ${view.state} and will not be started`),
});

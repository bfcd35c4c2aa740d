// `bosunctl reload`.
import { lifecycleCommand } from './lifecycle.ts';

export const command = lifecycleCommand({
  verb: 'reload',
  summary: 'Have services read their configuration again, as `reload:` in their files says',
  example: 'bosunctl reload caddy',
  details: `A reload that a service does by a command has its exit code; one by a signal is done when the signal has been sent.`,
  describe: () => 'has been reloaded',
});

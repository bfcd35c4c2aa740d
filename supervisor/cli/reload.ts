// `bosunctl reload`.
import { lifecycleCommand } from './lifecycle.ts';

export const command = lifecycleCommand({
  verb: 'reload',
  summary: 'Have services read their configuration again, as `reload:` in their files says',
  example: 'bosunctl reload caddy',
  describe: () => 'has been reloaded',
});

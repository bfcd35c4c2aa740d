// `bosunctl health`: for a container's HEALTHCHECK, so 0 or 1 and nothing else.
import type { HealthView } from '../wire/fleet-view.ts';
import { printJson, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { foldText } from './fold.ts';

export const command: CliCommand = {
  name: 'health',
  words: '',
  summary: 'Exit with 0 when every wanted service is ready, else with 1',
  example: 'HEALTHCHECK CMD ["bosunctl", "health"]',
  details: `Wanted services that cannot run here (\`skipped\`) do not count. A timer is well between its runs and in one.`,
  options: [],
  run: async ({ terminal, client }, { json }) => {
    const health = await client().health();
    if (json) await printJson(terminal, health);
    else await terminal.print(render(health));
    return health.status === 'healthy' ? EXIT.done : EXIT.failed;
  },
};

function render({ status, phase, ready, not_ready: notReady }: HealthView): string {
  const head = `${status}: ${ready} ready, ${notReady.length} not ready${phase === 'up' ? '' : `, Bosun is ${phase}`}\n`;
  return (
    head +
    notReady
      .map(
        ({ service, state, note }) =>
          `  ${foldText(`${service} is ${state}${note === '' ? '' : `: ${note}`}`)}\n`,
      )
      .join('')
  );
}

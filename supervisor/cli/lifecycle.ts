// What start, stop, restart and reload have in common: give the command, wait for its outcome, say what came of it.
import type { ServiceVerb } from '../client/bosun-client.ts';
import type { CommandView } from '../wire/fleet-view.ts';
import type { ServiceView } from '../wire/service-view.ts';
import { printJson, type CliCommand, type CommandInput } from './command.ts';
import { describeNextRun } from './describe-up.ts';
import { TIMEOUT, timeoutOption } from './duration-option.ts';
import { EXIT } from './exit-code.ts';
import { foldLine } from './fold.ts';

type Lifecycle = {
  readonly verb: ServiceVerb;
  readonly summary: string;
  readonly example: string;
  readonly details: string;
  /** The end of the sentence that begins with the service's name. */
  readonly describe: (view: ServiceView) => string;
};

export function lifecycleCommand({ verb, summary, example, details, describe }: Lifecycle): CliCommand {
  return {
    name: verb,
    words: '<name...>',
    summary,
    example,
    details,
    options: [{ flags: '--no-wait', help: 'do not wait for the outcome' }, TIMEOUT],
    run: async ({ terminal, client }, input) => {
      const view = await client().command(verb, input.words, { waitMs: waitMs(input) });
      if (input.json) await printJson(terminal, view);
      else await terminal.print(render(view, input.words, describe));
      return EXIT.done;
    },
  };
}

/** commander stores `--no-wait` as `wait: false`. */
function waitMs(input: CommandInput): number | undefined {
  const timeoutMs = timeoutOption(input);
  return input.options['wait'] === false ? undefined : timeoutMs;
}

function render(view: CommandView, named: readonly string[], describe: Lifecycle['describe']): string {
  const others = view.services.filter((service) => !named.includes(service));
  const also =
    others.length === 0 ? '' : foldLine(`also reached, because of dependencies: ${others.join(', ')}`);
  if (view.outcome === 'accepted') return foldLine(`${view.verb} accepted for ${named.join(', ')}`) + also;
  return (
    view.views
      .map((service) => foldLine(`${service.name} ${describeOne(service, view, describe)}`))
      .join('') + also
  );
}

/** A timer that was run now, and one that was only scheduled again, are in the same state afterwards. */
function describeOne(
  service: ServiceView,
  { verb, started }: CommandView,
  describe: Lifecycle['describe'],
): string {
  if (verb === 'stop' || service.state !== 'scheduled' || !started.includes(service.name))
    return describe(service);
  return `was run now and ${service.last_exit?.text ?? 'has ended'}; ${describeNextRun(service)}`;
}

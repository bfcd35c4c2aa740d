// What `bosunctl doctor` asks of Bosun itself: whether it is there, of which version, how its services and its journal are, and
// whether it goes by the configuration as it is in the files.
import type { BosunClient } from '../client/bosun-client.ts';
import { BosunProblem } from '../client/failure.ts';
import type { VersionView } from '../wire/fleet-view.ts';
import type { ServicesView, ServiceView } from '../wire/service-view.ts';
import { VERSION } from '../wire/version.ts';
import { failed, good, unknown, warning, type Finding } from './doctor-finding.ts';

/** From so many restarts by policy on, somebody should look. */
const MANY_RESTARTS = 10;
const MOST_NAMED = 5;

export async function examineBosun(client: BosunClient, version: VersionView): Promise<readonly Finding[]> {
  const view = await client.services();
  return [
    examineVersion(version),
    examinePhase(view),
    ...examineServices(view.services),
    examineJournal(view),
    await examineLogs(client),
    await examinePlan(client),
  ];
}

function examineVersion({ version, node }: VersionView): Finding {
  if (version === VERSION) return good('version', `Bosun and bosunctl are ${version}, Node.js ${node}`);
  return warning(
    'version',
    `Bosun is ${version}, bosunctl is ${VERSION}`,
    'Use the bosunctl that came with the Bosun that is running; the older of the two may not know what the other says.',
  );
}

function examinePhase({ phase, services }: ServicesView): Finding {
  if (phase === 'up')
    return good('phase', `up, with ${services.length} ${services.length === 1 ? 'service' : 'services'}`);
  return failed('phase', `Bosun is ${phase}`, 'Nothing can be started any more; start the container again.');
}

function examineServices(services: readonly ServiceView[]): readonly Finding[] {
  const bad = services.filter(
    ({ state }) => state === 'failed' || state === 'backoff' || state === 'unready',
  );
  const blocked = services.filter(({ waiting_for: waiting }) =>
    waiting.some(({ verdict }) => verdict === 'blocked'),
  );
  const degraded = services.filter((view) => view.degraded.length > 0);
  const restless = services.filter(({ restarts }) => restarts >= MANY_RESTARTS);
  const littering = services.filter(({ strays }) => strays.length > 0);
  const ended = services.filter(
    ({ type, state, next }) => type === 'timer' && state === 'scheduled' && next === null,
  );
  return [
    bad.length === 0
      ? good('services', 'none has failed')
      : failed(
          'services',
          named(bad, ({ state, note }) => `${state}${note === '' ? '' : `: ${note}`}`),
          why(bad),
        ),
    ...someOf(blocked, 'blocked', () => 'waits for what will not come by itself', why(blocked)),
    degraded.length === 0
      ? good('promises', 'every service has what it was promised')
      : warning(
          'promises',
          named(degraded, (view) => view.degraded.join('; ')),
          'Give the container what is missing, or take the setting out of the service file.',
        ),
    ...someOf(restless, 'restarts', ({ restarts }) => `${restarts} restarts`, why(restless)),
    ...someOf(
      littering,
      'left behind',
      ({ strays }) => strays.map(({ name, pid }) => `${name} (pid ${pid})`).join(', '),
      'These left their session and may live still. Have the program stay in the foreground, or stop them with `stop: { command: ... }`.',
    ),
    ...someOf(
      ended,
      'timers',
      () => 'its schedule has no further date',
      'Correct `schedule:`, then `bosunctl apply`.',
    ),
  ];
}

function someOf(
  views: readonly ServiceView[],
  check: string,
  say: (view: ServiceView) => string,
  remedy: string,
): readonly Finding[] {
  return views.length === 0 ? [] : [warning(check, named(views, say), remedy)];
}

function named(views: readonly ServiceView[], say: (view: ServiceView) => string): string {
  const more = views.length > MOST_NAMED ? ` and ${views.length - MOST_NAMED} more` : '';
  return (
    views
      .slice(0, MOST_NAMED)
      .map((view) => `${view.name} (${say(view)})`)
      .join(', ') + more
  );
}

function why([first]: readonly ServiceView[]): string {
  return `See \`bosunctl why ${first?.name ?? 'NAME'}\`.`;
}

function examineJournal({ journal: { state, reason, held, lost } }: ServicesView): Finding {
  if (state === 'writing' && lost === 0) return good('journal', 'every event is written');
  const remedy = 'Make room in the state directory, or let Bosun write to it; it catches up by itself.';
  return failed(
    'journal',
    `${held} events wait to be written, ${lost} are lost${reason === '' ? '' : `: ${reason}`}`,
    remedy,
  );
}

async function examineLogs(client: BosunClient): Promise<Finding> {
  const { dropped_log_lines: dropped } = await client.health();
  if (dropped === 0) return good('log lines', 'none was dropped');
  return warning(
    'log lines',
    `${dropped} were dropped`,
    "Whoever reads Bosun's standard output is too slow or gone: look at the container's log driver.",
  );
}

async function examinePlan(client: BosunClient): Promise<Finding> {
  try {
    const { changes, settings } = await client.plan();
    if (changes.length + settings.length === 0)
      return good('configuration', 'Bosun goes by the files as they are');
    const differing = [...changes.map(({ service }) => service), ...settings.map(({ key }) => key)];
    const text = `the files differ from what is running: ${differing.slice(0, MOST_NAMED).join(', ')}`;
    return warning('configuration', text, 'See `bosunctl plan`, then `bosunctl apply`.');
  } catch (error) {
    if (!(error instanceof BosunProblem)) throw error;
    if (error.problem.code !== 'configuration-refused') return unknown('configuration', error.problem.detail);
    return failed(
      'configuration',
      'the files are wrong: Bosun would not start with them again',
      'See `bosunctl plan` for each error with its line, and correct it.',
    );
  }
}

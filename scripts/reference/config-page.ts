// The page of all keys of a service file and of bosun.yaml: the words around the tables and the order of the sections are here, all
// else comes from the schemas. A key that no section names stands in the last one, so that none can be left out.
import { fleetKeys, serviceKeys } from '../../supervisor/config/json-schema.ts';
import { rowsOf, tableOf, type KeyRow, type KeySchema } from './config-keys.ts';

type Section = { readonly title: string; readonly words: string; readonly keys: readonly string[] };

const SECTIONS: readonly Section[] = [
  {
    title: 'What it is',
    words:
      'Only `command` is required, and of an attached service `type` and `attach`. A file called `NAME@.yaml` is a template: with `instances` it makes several services that differ ' +
      'in a name.',
    keys: ['description', 'type', 'command', 'environment', 'env_file', 'working_dir', 'when', 'instances'],
  },
  {
    title: 'Before it and around it',
    words:
      'A service starts as soon as every dependency meets its condition, and is asked to stop only after those that depend on it ' +
      'have gone.',
    keys: ['depends_on', 'hooks'],
  },
  {
    title: 'Startup',
    words:
      'A start that takes too long is a failure: the service is stopped, and `restart` says what follows.',
    keys: ['startup'],
  },
  {
    title: 'Readiness',
    words:
      'Those that depend on a service wait until it is ready. It needs one of `http`, `tcp`, `exec`, `file`, `notify` and `log`. A ' +
      'service that is not ready any more is `unready`; it is never stopped for that.',
    keys: ['readiness'],
  },
  {
    title: 'Liveness',
    words:
      'A service that is not alive any more is stopped and counts as failed. It needs one of `http`, `tcp`, `exec`, `file` and ' +
      '`watchdog`.',
    keys: ['liveness'],
  },
  {
    title: 'End and restart',
    words: 'Which end is a failure, what follows it, and whether the container ends with it.',
    keys: ['restart', 'success_exit_codes', 'essential', 'main'],
  },
  {
    title: 'Stop and reload',
    words:
      'A stop is the signal or the command, then SIGCONT, then SIGKILL after the grace period. What the shutdown of the container ' +
      'allows (`shutdown.budget`) cuts every grace period.',
    keys: ['stop', 'down', 'reload'],
  },
  {
    title: 'Logs',
    words:
      'What becomes of each line of its standard output and standard error: to the output of Bosun, to files, to a sink of bosun.yaml. ' +
      'The lists of bosun.yaml (`logs`) are added to, its map `file` is laid under that of the service key by key, and `file: false` ' +
      'means no files whatever bosun.yaml says. What is masked is masked everywhere. A change here restarts nothing.',
    keys: ['logs'],
  },
  {
    title: 'Attached services',
    words:
      'With `type: attached` and `attach`: a process that something else has started, such as that of another container in a shared PID ' +
      'namespace. It has none of the keys that belong to a start, and probes by `http`, `tcp`, `exec` and `file` only. See [attach](../how-to/attach.md).',
    keys: ['attach', 'on_gone'],
  },
  {
    title: 'Timers',
    words:
      'With `type: timer`, and either `schedule` or `every`. Nothing can depend on a timer, and it is never ready. `restart` with ' +
      '`on-failure` repeats a run that has failed before its next time; `startup.timeout` limits a run.',
    keys: ['schedule', 'every', 'time_zone'],
  },
];

const CONTEXT = 'In what context it runs';
const CONTEXT_WORDS =
  'As whom, with which limits, privileges and priorities. What is not said is as Bosun itself has it.';

function sectionsOf(schema: KeySchema): readonly string[] {
  const rows = rowsOf(schema);
  const listed = new Set(SECTIONS.flatMap(({ keys }) => keys));
  const rest = Object.keys(schema.properties ?? {}).filter((key) => !listed.has(key));
  return [
    ...SECTIONS.flatMap(({ title, words, keys }) => section(title, words, keysBelow(rows, keys))),
    ...(rest.length === 0 ? [] : section(CONTEXT, CONTEXT_WORDS, keysBelow(rows, rest))),
  ];
}

/** In the order of `keys`. */
function keysBelow(rows: readonly KeyRow[], keys: readonly string[]): readonly KeyRow[] {
  return keys.flatMap((key) => rows.filter((row) => row.key === key || row.key.startsWith(`${key}.`)));
}

function section(title: string, words: string, rows: readonly KeyRow[]): readonly string[] {
  return [`### ${title}`, '', words, '', ...tableOf(rows), ''];
}

const INTRODUCTION = `# Configuration

Generated from the schemas by \`scripts/generate-reference.ts\`; a test loads every example.

One file for each service, \`services.d/NAME.yaml\`: the name of the file is the name of the service. What belongs to the whole
stands in \`bosun.yaml\` beside that directory. The names are those of Compose and Kubernetes.

- A **duration** carries its units: \`500ms\`, \`5s\`, \`1m30s\`, \`2h\`, \`1d\`; only \`0\` needs none.
- A **size** carries its unit: \`512B\`, \`64K\`, \`10M\`, \`1.5G\`, also \`KB\` and \`KiB\`. All are powers of 1024, as in Compose.
- A **command** is a list of program and arguments, or one text that is split as a shell splits words. No shell runs it; for pipes and
  redirections write \`[sh, -c, 'a | b']\`.
- A **signal** is a name of signal(7), with or without \`SIG\`.
- \`\${VAR}\`, \`\${VAR:-default}\`, \`\${VAR:?message}\`, \`\${VAR:+other}\` and \`$VAR\` are expanded in values as Compose does it, from the
  environment of Bosun; \`$$\` is a dollar.
- Unknown keys are errors, and so are keys without effect; \`x-\` keys are free. A file that is wrong is refused with all of its errors,
  each with its line, before anything is started.

\`\`\`yaml
# services.d/shop.yaml
description: The shop
command: [gunicorn, 'shop:app', --bind, '127.0.0.1:8000']
depends_on:
  database: { condition: service_healthy }
environment: { LOG_LEVEL: info }
readiness:
  http: { url: 'http://127.0.0.1:8000/healthz' }
  period: 5s
stop: { timeout: 10s, kill_mode: mixed }
hooks:
  pre_start: { command: [shop-migrate, up], timeout: 1m }
\`\`\`

A template makes several services, here \`worker-1\` to \`worker-3\`, each on a port of its own:

\`\`\`yaml
# services.d/worker@.yaml
instances: 3
command: [worker, --queue, '\${INSTANCE}', --port, '900\${INSTANCE_INDEX}']
readiness: { tcp: { port: '900\${INSTANCE_INDEX}' } }
\`\`\`

In the tables, \`a.b\` is the key \`b\` in the map \`a\`, and \`NAME\` a key that you choose. Where the default depends on other keys, the
meaning says so.
`;

export function configPage(): string {
  return [
    INTRODUCTION,
    '## A service: services.d/NAME.yaml',
    '',
    ...sectionsOf(serviceKeys() as KeySchema),
    '## The whole: bosun.yaml, beside that directory',
    '',
    ...tableOf(rowsOf(fleetKeys() as KeySchema)),
    '',
  ].join('\n');
}

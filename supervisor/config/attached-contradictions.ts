// Which keys an attached service cannot have: whatever is said to a process when it is started, and whatever it would have to tell Bosun
// itself. And which keys nothing else can have.
import { atKey, atValue, type Contradiction, type Has } from './contradiction.ts';
import { executionShape } from './execution-schema.ts';
import type { Path } from './plain-value.ts';

type Rule = { readonly path: Path; readonly words: string; readonly remedy: string };

const ITS_STARTER = 'Remove it; whoever starts the process says that.';
const POLICY = 'Remove it, and say with on_gone what follows.';
const PROBES = 'Use http, tcp, exec or file.';
const END = 'Write on_gone: exit: then the container ends with it.';

/** After "an attached service". */
const RULES: readonly Rule[] = [
  {
    path: ['command'],
    words: 'has no command: Bosun does not start it',
    remedy: 'Use attach: { command: PATTERN }.',
  },
  ...['environment', 'env_file', 'working_dir', ...Object.keys(executionShape)].map((key) => ({
    path: [key],
    words: `has no ${key}: Bosun does not start it`,
    remedy: ITS_STARTER,
  })),
  { path: ['hooks'], words: 'has no hooks: Bosun does not start it', remedy: 'Remove them.' },
  { path: ['logs'], words: 'has no logs: Bosun does not have its output', remedy: 'Remove it.' },
  { path: ['restart', 'policy'], words: 'is not restarted by Bosun', remedy: POLICY },
  { path: ['success_exit_codes'], words: 'never ends well', remedy: POLICY },
  { path: ['main'], words: 'cannot be main', remedy: END },
  { path: ['stop', 'command'], words: 'is stopped by a signal only', remedy: 'Use stop: { signal: .. }.' },
  { path: ['stop', 'kill_mode'], words: 'is one process, and no other is signalled', remedy: 'Remove it.' },
  {
    path: ['reload', 'command'],
    words: 'is reloaded by a signal only',
    remedy: 'Use reload: { signal: .. }.',
  },
  { path: ['readiness', 'notify'], words: 'cannot tell Bosun that it is ready', remedy: PROBES },
  { path: ['readiness', 'log'], words: 'has no output that Bosun could see', remedy: PROBES },
  { path: ['startup', 'probe', 'log'], words: 'has no output that Bosun could see', remedy: PROBES },
  { path: ['liveness', 'watchdog'], words: 'cannot tell Bosun that it is alive', remedy: PROBES },
];

export function attachedContradictions(facts: { readonly main: boolean }, has: Has): Contradiction[] {
  return [
    ...RULES.filter(({ path }) => (path[0] === 'main' ? facts.main : has(...path))).map((rule) =>
      atKey(rule.path, `an attached service ${rule.words}`, rule.remedy),
    ),
    ...(has('attach') ? [] : [atValue(['type'], '"attach" is missing', NO_ATTACH)]),
  ];
}

const NO_ATTACH = 'Add it. Example: attach: { command: "gunicorn: master" }';
const MAKE_ATTACHED = 'Add type: attached, or remove it.';

/** `article`: "a service", "an oneshot". */
export function strangeToOthers(who: string, has: Has): Contradiction[] {
  return [
    ...['attach', 'on_gone']
      .filter((key) => has(key))
      .map((key) => atKey([key], `${who} has no ${key}`, MAKE_ATTACHED)),
    ...(has('command') || has('attach') ? [] : [atValue(['command'], '"command" is missing', NO_COMMAND)]),
  ];
}

const NO_COMMAND = 'Add it. Example: command: [caddy, run, --config, /etc/caddy/Caddyfile]';

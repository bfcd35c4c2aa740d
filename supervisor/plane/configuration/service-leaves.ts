// A service's specification as the keys and values of its file: what `plan` says that differs. Values of variables, commands and
// whatever else may hold a secret are never among what is shown.
import type { ApplicationSpec } from '../../core/application-spec.ts';
import type { Attachment } from '../../core/attachment.ts';
import type { Execution } from '../../core/execution-spec.ts';
import type { Schedule } from '../../core/schedule.ts';
import type { Dependency, Reload, ServiceSpec } from '../../core/service-spec.ts';
import { writeDuration } from '../../wire/duration.ts';
import { hidden, shown, type Leaf } from './leaf.ts';
import { logLeaves } from './log-leaves.ts';

type Part = keyof ServiceSpec;

type PartLeaves = {
  /** The key of the file that the part comes from, for a difference that no leaf tells. */
  readonly key: string;
  readonly leaves: (spec: ServiceSpec) => readonly Leaf[];
};

export const SERVICE_LEAVES: { readonly [Name in Part]: PartLeaves } = {
  name: part('name', () => []),
  description: part('description', ({ description }) => [shown('description', description)]),
  type: part('type', ({ type }) => [shown('type', type)]),
  command: part('command', ({ command }) => [hidden('command', command)]),
  attachment: part('attach', ({ attachment }) => attachmentLeaves(attachment)),
  environment: part('environment', ({ environment }) =>
    Object.entries(environment).map(([name, value]) => hidden(`environment.${name}`, value)),
  ),
  workingDir: part('working_dir', ({ workingDir }) => [shown('working_dir', workingDir)]),
  stdio: part('command', () => []),
  dependsOn: part('depends_on', ({ dependsOn }) => dependsOn.map(dependencyLeaf)),
  startup: part('startup', ({ startup }) => [hidden('startup.probe', startup)]),
  readiness: part('readiness', ({ readiness }) => [hidden('readiness', readiness)]),
  liveness: part('liveness', ({ liveness }) => [hidden('liveness', liveness)]),
  startupTimeoutMs: part('startup', ({ startupTimeoutMs }) => [time('startup.timeout', startupTimeoutMs)]),
  restart: part('restart', restartLeaves),
  importance: part('essential', ({ importance }) => [
    shown('essential', importance === 'essential'),
    shown('main', importance === 'main'),
  ]),
  stop: part('stop', ({ stop }) => [
    shown('stop.signal', stop.signal),
    time('stop.timeout', stop.timeoutMs),
    shown('stop.kill_mode', stop.killMode),
    hidden('stop.command', stop.command),
  ]),
  reload: part('reload', ({ reload }) => reloadLeaves(reload)),
  hooks: part('hooks', ({ hooks }) =>
    Object.entries(hooks).map(([hook, spec]) => hidden(`hooks.${hook}`, spec)),
  ),
  down: part('down', ({ down }) => [hidden('down', down)]),
  schedule: part('schedule', ({ schedule }) => scheduleLeaves(schedule)),
  successExitCodes: part('success_exit_codes', ({ successExitCodes }) => [
    shown('success_exit_codes', successExitCodes, successExitCodes.join(', ')),
  ]),
  logs: part('logs', ({ logs }) => logLeaves(logs)),
  application: part('application', ({ application }) => applicationLeaves(application)),
  execution: part('security', ({ execution }) => executionLeaves(execution)),
  resourceControl: part('limits', ({ resourceControl }) => [
    shown('limits.memory', resourceControl.memoryMaxBytes),
    shown('limits.cpus', resourceControl.cpus),
    shown('limits.pids', resourceControl.pidsMax),
    shown('limits.io_weight', resourceControl.ioWeight),
  ]),
  eligibility: part('when', ({ eligibility }) => [
    shown('when', eligibility, eligibility.kind === 'eligible' ? 'eligible' : eligibility.reason),
  ]),
};

function part(key: string, leaves: PartLeaves['leaves']): PartLeaves {
  return { key, leaves };
}

function time(key: string, durationMs: number): Leaf {
  return shown(key, durationMs, writeDuration(durationMs));
}

function dependencyLeaf(dependency: Dependency): Leaf {
  const { name, condition, need, onRestart } = dependency;
  const words = [
    condition,
    ...(need === 'optional' ? ['required: false'] : []),
    ...(onRestart === 'follow' ? ['restart: true'] : []),
  ];
  return shown(`depends_on.${name}`, dependency, words.join(', '));
}

function restartLeaves({ restart }: ServiceSpec): readonly Leaf[] {
  return [
    shown('restart.policy', restart.policy),
    time('restart.delay', restart.delayMs),
    time('restart.max_delay', restart.maxDelayMs),
    time('restart.reset_after', restart.resetAfterMs),
    shown('restart.burst.count', restart.burst.count),
    time('restart.burst.window', restart.burst.windowMs),
  ];
}

function reloadLeaves(reload: Reload): readonly Leaf[] {
  switch (reload.kind) {
    case 'none':
      return [];
    case 'signal':
      return [shown('reload.signal', reload.signal)];
    case 'command':
      return [hidden('reload.command', reload.command), time('reload.timeout', reload.timeoutMs)];
  }
}

function attachmentLeaves(attachment: Attachment): readonly Leaf[] {
  if (attachment.kind === 'none') return [];
  const { command, executable, pidFile, uid } = attachment.query;
  return [
    shown('attach.command', command),
    shown('attach.executable', executable),
    shown('attach.pid_file', pidFile),
    shown('attach.user', uid),
  ];
}

function scheduleLeaves(schedule: Schedule): readonly Leaf[] {
  switch (schedule.kind) {
    case 'none':
      return [];
    case 'every':
      return [time('every', schedule.periodMs)];
    case 'cron':
      return [shown('schedule', schedule.expression), shown('time_zone', schedule.timeZone)];
  }
}

function applicationLeaves(application: ApplicationSpec | undefined): readonly Leaf[] {
  if (application === undefined) return [];
  return [
    hidden('application.url', application.url),
    said('application.socket', application.socketPath),
    shown('application.key_file', application.keyFile),
    said('application.certificate_authority', application.authorityFile),
    said('application.server_name', application.serverName),
    time('application.timeout', application.timeoutMs),
    time('application.retry_for', application.retryMs),
  ];
}

/** Where '' says that it is not said. */
function said(key: string, text: string): Leaf {
  return shown(key, text === '' ? undefined : text);
}

function executionLeaves(execution: Execution): readonly Leaf[] {
  const { umask, resourceLimits, nice, ioPriority, cpuAffinity } = execution;
  const { oomScoreAdj, newPrivileges, capabilities } = execution;
  return [
    ...identityLeaves(execution.identity),
    ...resourceLimits.map((limit) => shown(`limits.${limit.resource}`, limit, `${limit.soft}:${limit.hard}`)),
    shown('nice', nice),
    shown('io_priority', ioPriority, ioPriority && Object.values(ioPriority).join(' ')),
    shown('cpu_affinity', cpuAffinity, cpuAffinity?.join(', ')),
    shown('security.umask', umask, umask?.toString(8).padStart(4, '0')),
    shown('security.oom_score_adj', oomScoreAdj),
    shown('security.no_new_privileges', newPrivileges === 'refused'),
    ...(capabilities.kind === 'only'
      ? [shown('security.capabilities', capabilities, capabilities.names.join(', '))]
      : []),
  ];
}

function identityLeaves(identity: Execution['identity']): readonly Leaf[] {
  if (identity === undefined) return [];
  const { uid, gid, groups } = identity;
  return [shown('user', [uid, gid], `${uid}:${gid}`), shown('groups', groups, groups.join(', '))];
}

// Where Bosun has its socket, its state and the log files: an option wins over bosun.yaml, bosun.yaml over what is found.
import { join, resolve } from 'node:path';
import type { FileSettings } from '../config/fleet-settings.ts';
import type { LogPlaces } from '../core/log-spec.ts';
import type { RunRequest } from './command-line.ts';
import { findSocketPath } from './place.ts';

export type RunPlaces = {
  readonly socketPath: string;
  readonly stateDir: string;
  /** Whether somebody has named it. */
  readonly stateDirIs: 'named' | 'default';
  readonly logs: LogPlaces;
};

/** Chosen when they are first asked for, because that looks for a directory and may make it; then they stay. */
export function placesOf(
  request: RunRequest,
  environment: Readonly<Record<string, string>>,
): (settings: FileSettings) => Promise<RunPlaces> {
  let chosen: Promise<RunPlaces> | undefined;
  return (settings) => (chosen ??= choose(request, settings, environment));
}

async function choose(
  request: RunRequest,
  { socket, state_dir, logs }: FileSettings,
  environment: Readonly<Record<string, string>>,
): Promise<RunPlaces> {
  const named = request.socketPath ?? socket;
  const socketPath = named === undefined ? await findSocketPath(environment) : resolve(named);
  // Set to nothing in the environment is as good as not set.
  const namedState = [request.stateDir, state_dir].find((path) => (path ?? '') !== '');
  const stateDir = namedState === undefined ? stateDirBeside(socketPath) : resolve(namedState);
  return {
    socketPath,
    stateDir,
    stateDirIs: namedState === undefined ? 'default' : 'named',
    logs: {
      format: request.logFormat ?? logs.format,
      directory: logs.dir ?? join(stateDir, 'logs'),
      sinks: Object.keys(logs.sinks),
    },
  };
}

/** Two that run side by side with sockets in one directory must not meet: `/run/bosun/bosun.state`. */
function stateDirBeside(socketPath: string): string {
  return `${socketPath.replace(/\.sock$/, '')}.state`;
}

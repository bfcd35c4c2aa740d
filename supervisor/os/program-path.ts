// Where execvp(3) would look for a program, in the PATH and the working directory of the service, not of Bosun.
import { resolve } from 'node:path';
import type { CallResult, SystemCalls } from './system-calls.ts';

/** execvp(3)'s own default when there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

export type ProgramPlace = {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
};

/** In order; relative ones are meant from the working directory of the service. */
export function candidatePaths({
  program,
  environment,
}: Omit<ProgramPlace, 'workingDir'>): readonly string[] {
  if (program.includes('/')) return [program];
  const searched = environment['PATH'] ?? DEFAULT_PATH;
  return searched
    .split(':')
    .map((directory) => (directory === '' ? `./${program}` : `${directory}/${program}`));
}

/** As execvp(3) does: no access to one candidate is told only if no other can be executed. */
export function findProgram(
  calls: Pick<SystemCalls, 'mayExecute'>,
  place: ProgramPlace,
): CallResult<undefined> {
  let errno = 'ENOENT';
  for (const candidate of candidatePaths(place)) {
    const asked = calls.mayExecute(resolve(place.workingDir, candidate));
    if (asked.ok) return { ok: true, value: undefined };
    if (!isElsewhere(asked.errno)) return asked;
    if (asked.errno === 'EACCES') errno = 'EACCES';
  }
  return { ok: false, errno };
}

export function isElsewhere(errno: string): boolean {
  return errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EACCES';
}

// `when`: whether a service can run in this container at all. Every condition that does not hold is named.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Eligibility } from '../core/service-spec.ts';
import type { Environment } from './base-environment.ts';
import { missingExecutable } from './executable.ts';
import type { ServiceFile } from './service-schema.ts';

type When = NonNullable<ServiceFile['when']>;

/** `environment` is that of the service. */
export async function checkEligibility(
  when: When | undefined,
  environment: Environment,
  workingDir: string,
): Promise<Eligibility> {
  if (when === undefined) return { kind: 'eligible' };
  const { executable, file } = when;
  const missing = await Promise.all([
    executable === undefined ? undefined : missingExecutable(executable, environment, workingDir),
    file === undefined ? undefined : missingFile(file, workingDir),
  ]);
  const failed = [
    ...missing.filter((reason) => reason !== undefined),
    ...wrongVariables(when.environment, environment),
  ];
  return failed.length === 0 ? { kind: 'eligible' } : { kind: 'skipped', reason: failed.join('; ') };
}

async function missingFile(file: string, workingDir: string): Promise<string | undefined> {
  try {
    await stat(resolve(workingDir, file));
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR';
    return `file "${file}" ${isAbsent ? 'does not exist' : `cannot be looked at (${code})`}`;
  }
}

function wrongVariables(wanted: When['environment'], environment: Environment): string[] {
  if (wanted === undefined) return [];
  if (Array.isArray(wanted))
    return wanted
      .filter((name) => valueOf(environment, name) === '')
      .map((name) => `variable ${name} is not set or empty`);
  // The values may be secrets.
  return Object.entries(wanted)
    .filter(([name, value]) => valueOf(environment, name) !== value)
    .map(([name]) => `variable ${name} has another value`);
}

/** An empty variable counts as one that is not set. */
function valueOf(environment: Environment, name: string): string {
  return Object.hasOwn(environment, name) ? (environment[name] ?? '') : '';
}

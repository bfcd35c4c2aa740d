// The whole environment of a service: Bosun's own, then what follows from its user, then env_file in order, then `environment`; the
// later wins.
import { baseEnvironment, type Environment } from './base-environment.ts';
import type { EnvFile } from './env-file.ts';
import type { Account } from './identity.ts';
import type { ServiceFile } from './service-schema.ts';

export function serviceEnvironment(
  own: Environment,
  service: string,
  envFiles: readonly EnvFile[],
  environment: ServiceFile['environment'],
  account: Account = {},
): Readonly<Record<string, string>> {
  const values = new Map(Object.entries(baseEnvironment(own, service)));
  for (const [name, value] of Object.entries(account)) assign(values, {}, name, value);
  for (const file of envFiles) for (const [name, value] of file.values) assign(values, own, name, value);
  for (const [name, value] of entriesOf(environment)) assign(values, own, name, value);
  values.set('BOSUN_SERVICE', service);
  return Object.fromEntries(values);
}

type Overlay = ServiceFile['environment'] | readonly (readonly [string, string | undefined])[];

/** An environment with what is said on top of it. */
export function overlayEnvironment(
  base: Environment,
  own: Environment,
  overlay: Overlay,
): Readonly<Record<string, string>> {
  const values = new Map(Object.entries(base));
  for (const [name, value] of isEntries(overlay) ? overlay : entriesOf(overlay))
    assign(values, own, name, value);
  return Object.fromEntries(values);
}

function isEntries(overlay: Overlay): overlay is Exclude<Overlay, ServiceFile['environment']> {
  return Array.isArray(overlay) && Array.isArray(overlay[0]);
}

/** Without a value it is Bosun's own; where Bosun has none, the service has none. */
function assign(
  values: Map<string, string>,
  own: Environment,
  name: string,
  value: string | undefined,
): void {
  const given = value ?? (Object.hasOwn(own, name) ? own[name] : undefined);
  if (given === undefined) values.delete(name);
  else values.set(name, given);
}

function entriesOf(
  environment: ServiceFile['environment'],
): readonly (readonly [string, string | undefined])[] {
  if (environment === undefined) return [];
  if (!Array.isArray(environment))
    return Object.entries(environment).map(([name, value]) => [name, value ?? undefined]);
  return environment.map((entry) => {
    const equals = entry.indexOf('=');
    return equals < 0 ? [entry, undefined] : [entry.slice(0, equals), entry.slice(equals + 1)];
  });
}

// Who may control Bosun and where it listens, of bosun.yaml: names looked up, paths resolved, and what is wrong with either.
import { dirname, resolve } from 'node:path';
import type { ListenerSpec, SocketRule } from '../core/control-access.ts';
import { namesAnybody, toSocketRules } from './access-rules.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { FleetDraft } from './fleet-settings.ts';
import { listenerContradictions, toListenerSpecs } from './listener-specs.ts';
import { checkPemFiles } from './pem-checks.ts';
import { diagnoseAt } from './plain-value.ts';
import type { SystemFacts } from './system-facts.ts';

export type ControlAccess = {
  readonly socketRules: readonly SocketRule[];
  readonly listeners: readonly ListenerSpec[];
};

export type ControlAccessReading = {
  readonly access: ControlAccess;
  readonly diagnostics: readonly Diagnostic[];
};

const OWN_SOCKET_ONLY: ControlAccess = { socketRules: [], listeners: [] };

const NO_NAMES = { users: [], groups: [] };

/** `directory`: that of the services, beside which bosun.yaml is. */
export async function controlAccessOf(
  { file, document }: FleetDraft,
  directory: string,
  readFacts: () => Promise<SystemFacts>,
): Promise<ControlAccessReading> {
  if (file === undefined || document === undefined) return { access: OWN_SOCKET_ONLY, diagnostics: [] };
  const base = dirname(resolve(directory));
  const accounts = namesAnybody(file.access) ? (await readFacts()).accounts : NO_NAMES;
  const { rules, diagnostics } = toSocketRules(file.access, document, accounts);
  const findings = [
    ...listenerContradictions(file.listeners),
    ...(await checkPemFiles(file.listeners, base)),
  ].map(({ path, ...finding }) => diagnoseAt(document, path, 'value', finding));
  return {
    access: { socketRules: rules, listeners: toListenerSpecs(file.listeners, base) },
    diagnostics: [...diagnostics, ...findings],
  };
}

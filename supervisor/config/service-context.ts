// In what context a service runs: whether it can run here at all, its whole environment, its Execution; and what stands in the way of
// it. Asks the system, once for all services.
import { PLAIN_EXECUTION } from '../core/execution-spec.ts';
import type { Execution, ResourceControl } from '../core/execution-spec.ts';
import type { Eligibility } from '../core/service-spec.ts';
import { idOf } from './access-rules.ts';
import type { AccountReference } from './account-reference.ts';
import type { Environment } from './base-environment.ts';
import type { Diagnostic } from './diagnostic.ts';
import { checkEligibility } from './eligibility.ts';
import { checkExecution } from './execution-checks.ts';
import { executionShape } from './execution-schema.ts';
import { resolveIdentity, type ExecutionFinding } from './identity.ts';
import { diagnoseAt, type PlainDocument } from './plain-value.ts';
import type { ServiceDraft } from './service-draft.ts';
import { serviceEnvironment } from './service-environment.ts';
import type { SystemFacts } from './system-facts.ts';
import { toExecution, toResourceControl } from './to-execution.ts';
import { valueAt } from './value-at.ts';

export type ServiceContext = {
  readonly environment: Environment;
  readonly eligibility: Eligibility;
  readonly execution: Execution;
  readonly resourceControl: ResourceControl;
  /** Whose process an attached service is, where the file says that. */
  readonly attachUid: number | undefined;
  readonly diagnostics: readonly Diagnostic[];
};

/** By the name of the service; only for those whose file is right. */
export type ServiceContexts = ReadonlyMap<string, ServiceContext>;

export async function contextsOf(
  drafts: readonly ServiceDraft[],
  own: Environment,
  readFacts: () => Promise<SystemFacts>,
): Promise<ServiceContexts> {
  const facts = drafts.some(({ document }) => asksSystem(document)) ? await readFacts() : undefined;
  const contexts = await Promise.all(drafts.map((draft) => contextOf(draft, own, facts)));
  return new Map(contexts.flatMap((context, index) => pairOf(drafts[index]?.name, context)));
}

function pairOf(
  name: string | undefined,
  context: ServiceContext | undefined,
): readonly (readonly [string, ServiceContext])[] {
  return name === undefined || context === undefined ? [] : [[name, context]];
}

function asksSystem(document: PlainDocument | undefined): boolean {
  const paths = [...Object.keys(executionShape).map((key) => [key]), ATTACH_USER];
  return document !== undefined && paths.some((path) => valueAt(document.value, path) !== undefined);
}

async function contextOf(
  { name, file, document, envFiles }: ServiceDraft,
  own: Environment,
  facts: SystemFacts | undefined,
): Promise<ServiceContext | undefined> {
  if (file === undefined || document === undefined) return undefined;
  const resolved = facts === undefined ? undefined : resolveIdentity(file, facts);
  const environment = serviceEnvironment(own, name, envFiles, file.environment, resolved?.account);
  const eligibility = await checkEligibility(file.when, environment, file.working_dir);
  const context = {
    environment,
    eligibility,
    attachUid: undefined,
    resourceControl: toResourceControl(file),
  };
  // What is not installed here needs no user here either.
  if (facts === undefined || resolved === undefined || eligibility.kind === 'skipped')
    return { ...context, ...NOTHING_ASKED };
  const execution = toExecution(file, resolved.identity);
  const attached = attachedUser(file.attach?.user, facts);
  const findings = [
    ...resolved.findings,
    ...checkExecution(execution, document.value, facts),
    ...attached.findings,
  ];
  const diagnostics = findings.map(({ path, ...finding }) => diagnoseAt(document, path, 'value', finding));
  return { ...context, attachUid: attached.uid, execution, diagnostics };
}

const ATTACH_USER = ['attach', 'user'];

function attachedUser(
  user: AccountReference | undefined,
  { accounts }: SystemFacts,
): { readonly uid: number | undefined; readonly findings: readonly ExecutionFinding[] } {
  if (user === undefined) return { uid: undefined, findings: [] };
  const found = idOf('users', String(user), accounts);
  return found.kind === 'ok'
    ? { uid: found.value, findings: [] }
    : { uid: undefined, findings: [{ path: ATTACH_USER, message: found.message, remedy: found.remedy }] };
}

const NOTHING_ASKED = { execution: PLAIN_EXECUTION, diagnostics: [] } as const;

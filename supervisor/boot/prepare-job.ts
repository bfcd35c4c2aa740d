// From what was asked for to what a job is: checked by the same code as a service file, and put into the context of a service where
// one is named. In the control plane's thread: it reads files.
import { baseEnvironment, definedOnly } from '../config/base-environment.ts';
import { checkExecution } from '../config/execution-checks.ts';
import { executionShape } from '../config/execution-schema.ts';
import { resolveIdentity, type Account, type ExecutionFinding } from '../config/identity.ts';
import { jobSchema, type JobFile } from '../config/job-schema.ts';
import { pathText, type PlainDocument, type PlainMap, type PlainValue } from '../config/plain-value.ts';
import { createSource } from '../config/source.ts';
import { overlayEnvironment } from '../config/service-environment.ts';
import { readSystemFacts } from '../config/system-facts.ts';
import { toExecution, toResourceControl } from '../config/to-execution.ts';
import { validate } from '../config/validate.ts';
import { NO_RESOURCE_CONTROL, PLAIN_EXECUTION, type Execution } from '../core/execution-spec.ts';
import type { JobSpec } from '../core/job-spec.ts';
import type { FleetSpec, ServiceSpec } from '../core/service-spec.ts';
import type { JobPreparation } from '../plane/ports.ts';

type Prepared = Extract<JobPreparation, { kind: 'prepared' }>['spec'];
/** What a job has when nothing else is said: that of a service, or Bosun's own. */
type Base = Pick<JobSpec, 'environment' | 'workingDir' | 'execution' | 'resourceControl' | 'context'>;

/** `own`: Bosun's environment as it was at its start. Never rejects for what was asked. */
export async function prepareJob(
  fleet: FleetSpec,
  asked: object,
  own: NodeJS.ProcessEnv,
): Promise<JobPreparation> {
  const document = toDocument(asked);
  const { value: file, diagnostics } = validate(jobSchema, document);
  if (file === undefined) return refused(diagnostics);
  const service = fleet.services.find(({ name }) => name === file.service);
  if (file.service !== undefined && service === undefined)
    return { kind: 'refused', errors: [`service: there is no service "${file.service}"`] };
  const base = service === undefined ? ownContext(own) : contextOf(service);
  const changed = await changeExecution(base, file, document);
  if (changed.findings.length > 0)
    return refused(changed.findings.map(({ path, ...finding }) => ({ key: pathText(path), ...finding })));
  const withAccount = overlayEnvironment(base.environment, definedOnly(own), Object.entries(changed.account));
  return {
    kind: 'prepared',
    spec: { ...complete(file, base, definedOnly(own), withAccount), ...changed.parts },
  };
}

function complete(
  file: JobFile,
  base: Base,
  own: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Prepared {
  const { command, input, columns, rows } = file;
  return {
    ...base,
    command,
    environment: overlayEnvironment(environment, own, file.environment),
    workingDir: file.working_dir ?? base.workingDir,
    input: input === 'terminal' ? { kind: input, columns, rows } : { kind: input },
    stopIntervalMs: file.stop_interval,
    timeoutMs: file.timeout ?? 0,
    outputLimitBytes: file.output_limit,
  };
}

function ownContext(own: NodeJS.ProcessEnv): Base {
  const inherited = Object.entries(baseEnvironment(definedOnly(own), ''));
  const environment = Object.fromEntries(inherited.filter(([name]) => name !== 'BOSUN_SERVICE'));
  const [execution, resourceControl] = [PLAIN_EXECUTION, NO_RESOURCE_CONTROL];
  return { environment, workingDir: process.cwd(), execution, resourceControl, context: undefined };
}

function contextOf({ name, environment, workingDir, execution, resourceControl }: ServiceSpec): Base {
  return { environment, workingDir, execution, resourceControl, context: name };
}

type Changed = {
  readonly parts: Pick<JobSpec, 'execution' | 'resourceControl'>;
  readonly account: Account;
  readonly findings: readonly ExecutionFinding[];
};

/** What was asked for in place of what the context has. */
async function changeExecution(base: Base, file: JobFile, document: PlainDocument): Promise<Changed> {
  const asked = keysOf(document.value);
  const parts = { execution: base.execution, resourceControl: base.resourceControl };
  if (!Object.keys(executionShape).some((key) => asked.has(key))) return { parts, account: {}, findings: [] };
  const facts = await readSystemFacts();
  const { identity, account, findings } = resolveIdentity(file, facts);
  const isIdentityAsked = ['user', 'group', 'groups'].some((key) => asked.has(key));
  const wanted = toExecution(file, isIdentityAsked ? identity : base.execution.identity);
  const execution = merge(base.execution, wanted, asked, keysOf(valueOf(document, 'security')));
  const resourceControl = { ...base.resourceControl, ...defined(toResourceControl(file)) };
  return {
    parts: { execution, resourceControl },
    account,
    findings: [...findings, ...checkExecution(execution, document.value, facts)].filter(
      ({ severity }) => severity !== 'warning',
    ),
  };
}

function merge(
  base: Execution,
  wanted: Execution,
  asked: ReadonlySet<string>,
  security: ReadonlySet<string>,
): Execution {
  const limited = new Set(wanted.resourceLimits.map(({ resource }) => resource));
  return {
    identity: wanted.identity,
    umask: security.has('umask') ? wanted.umask : base.umask,
    resourceLimits: [
      ...base.resourceLimits.filter(({ resource }) => !limited.has(resource)),
      ...wanted.resourceLimits,
    ],
    nice: asked.has('nice') ? wanted.nice : base.nice,
    ioPriority: asked.has('io_priority') ? wanted.ioPriority : base.ioPriority,
    cpuAffinity: asked.has('cpu_affinity') ? wanted.cpuAffinity : base.cpuAffinity,
    oomScoreAdj: security.has('oom_score_adj') ? wanted.oomScoreAdj : base.oomScoreAdj,
    newPrivileges: security.has('no_new_privileges') ? wanted.newPrivileges : base.newPrivileges,
    capabilities: security.has('capabilities') ? wanted.capabilities : base.capabilities,
  };
}

/** JSON is as much a plain value as what YAML says; it has no lines to point at. */
function toDocument(asked: object): PlainDocument {
  const value = structuredClone(asked) as PlainMap;
  return { source: createSource('body', ''), value, locations: new Map(), reported: new Set() };
}

type Finding = { readonly key: string; readonly message: string; readonly remedy: string };

function refused(findings: readonly Finding[]): JobPreparation {
  const errors = findings.map(({ key, message, remedy }) =>
    [`${key === '' ? 'body' : key}: ${message}.`, remedy].join(' ').trimEnd(),
  );
  return { kind: 'refused', errors };
}

function keysOf(value: PlainValue | undefined): ReadonlySet<string> {
  return new Set(typeof value === 'object' && value !== null ? Object.keys(value) : []);
}

function valueOf({ value }: PlainDocument, key: string): PlainValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined;
}

function defined<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Partial<Value>;
}

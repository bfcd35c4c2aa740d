// A command with the Execution of its service around it, ready to be spawned: the tools found, the program known to be there. Used for
// the services themselves and for what runs in their context: exec probes, hooks, reload and stop commands.
import { getPriority } from 'node:os';
import type { Command } from '../core/argv.ts';
import type { Execution } from '../core/execution-spec.ts';
import { PACKAGE_OF, TOOL_DIRECTORIES, type ExecutionTool } from '../core/execution-tools.ts';
import { executionChain, type Chain } from './execution-chain.ts';
import { findProgram } from './program-path.ts';
import type { CallResult, Errno, SystemCalls } from './system-calls.ts';

export type ContextRequest = {
  readonly command: Command;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly execution: Execution;
  /** The cgroup.procs of the control group that the process is to join. */
  readonly joins?: string | undefined;
};

export type PreparedCommand =
  /** Nothing has to be put in place. */
  | { readonly kind: 'direct' }
  | {
      readonly kind: 'chained';
      readonly argv: Command;
      readonly environment: Readonly<Record<string, string>>;
    }
  /** `tool` is what is missing, or undefined when it is the program itself. */
  | { readonly kind: 'failed'; readonly errno: string; readonly tool: string | undefined };

type Calls = Pick<SystemCalls, 'mayExecute'>;

export function prepareCommand(calls: Calls, request: ContextRequest): PreparedCommand {
  const missing = new Map<ExecutionTool, Errno>();
  const chain = chainOf(request, (tool) => {
    const path = pathOf(calls, tool);
    if (path.ok) return path.value;
    missing.set(tool, path.errno);
    return tool;
  });
  const [first, ...rest] = chain?.argv ?? [];
  if (chain === undefined || first === undefined) return { kind: 'direct' };
  for (const [tool, errno] of missing)
    return { kind: 'failed', errno, tool: `${tool} (package ${PACKAGE_OF[tool]})` };
  // A spawn tells only how the first tool was exec'd: what can be known of the program is asked now.
  const { command, environment, workingDir } = request;
  const found = findProgram(calls, { program: command[0], environment, workingDir });
  if (!found.ok) return { kind: 'failed', errno: found.errno, tool: undefined };
  return { kind: 'chained', argv: [first, ...rest], environment: chain.environment };
}

function chainOf(request: ContextRequest, toolPath: (tool: ExecutionTool) => string): Chain | undefined {
  const ownNice = request.execution.nice === undefined ? 0 : getPriority();
  return executionChain({ ...request, joins: request.joins, ownNice }, toolPath);
}

function pathOf(calls: Calls, tool: ExecutionTool): CallResult<string> {
  let errno = 'ENOENT';
  for (const directory of TOOL_DIRECTORIES) {
    const path = `${directory}/${tool}`;
    const asked = calls.mayExecute(path);
    if (asked.ok) return { ok: true, value: path };
    if (asked.errno !== 'ENOENT' && asked.errno !== 'ENOTDIR') errno = asked.errno;
  }
  return { ok: false, errno };
}

// What the configuration is held against besides itself: Bosun's privileges, the accounts, the tools that are installed. Read once
// for each load, and only when a service asks for something that depends on it.
import { access, constants } from 'node:fs/promises';
import { PACKAGE_OF, TOOL_DIRECTORIES, type ExecutionTool } from '../core/execution-tools.ts';
import { readAccounts, type Accounts } from './accounts.ts';
import { readOwnPrivileges, type OwnPrivileges } from './own-privileges.ts';

export type SystemFacts = {
  readonly own: OwnPrivileges;
  readonly accounts: Accounts;
  readonly tools: ReadonlySet<ExecutionTool>;
};

export async function readSystemFacts(): Promise<SystemFacts> {
  const [own, accounts, tools] = await Promise.all([readOwnPrivileges(), readAccounts(), findTools()]);
  return { own, accounts, tools };
}

async function findTools(): Promise<ReadonlySet<ExecutionTool>> {
  const tools = Object.keys(PACKAGE_OF) as ExecutionTool[];
  const found = await Promise.all(tools.map(isInstalled));
  return new Set(tools.filter((_tool, index) => found[index]));
}

async function isInstalled(tool: ExecutionTool): Promise<boolean> {
  const asked = TOOL_DIRECTORIES.map((directory) =>
    access(`${directory}/${tool}`, constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(asked)).includes(true);
}

// A machine on which every example of the reference can be had: Bosun is root with every capability, and all accounts and tools that
// the examples name are there. So that whether an example is right does not depend on where the tests run.
import { parseAccounts } from '../../supervisor/config/accounts.ts';
import type { SystemFacts } from '../../supervisor/config/system-facts.ts';
import { PACKAGE_OF, type ExecutionTool } from '../../supervisor/core/execution-tools.ts';

const EVERYTHING = (1n << 64n) - 1n;
const EVERYBODY = [{ from: 0, to: 2 ** 32 - 2 }];

export function capableMachine(): Promise<SystemFacts> {
  return Promise.resolve({
    own: {
      uid: 0,
      gid: 0,
      groups: [0, 1],
      effective: EVERYTHING,
      permitted: EVERYTHING,
      bounding: EVERYTHING,
      userNamespace: 'first',
      uids: EVERYBODY,
      gids: EVERYBODY,
      setgroups: 'allowed',
      hardLimits: new Map(),
      mostOpenFiles: Infinity,
      nice: 0,
      oomScoreAdj: 0,
      cpus: Array.from({ length: 64 }, (_, index) => index),
    },
    accounts: parseAccounts(
      'root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/home/web:/bin/sh\n',
      'root:x:0:\nweb:x:1000:\nstaff:x:50:\nvideo:x:44:web\n',
    ),
    tools: new Set(Object.keys(PACKAGE_OF) as ExecutionTool[]),
  });
}

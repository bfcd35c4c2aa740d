// `npm start`: sets up what the stack needs and runs it under Bosun, until a signal or `bosunctl shutdown`.
import path from 'node:path';
import { parseArgs } from 'node:util';

import { say } from './setup/progress.mjs';
import { root } from './setup/root.mjs';
import { sayMissing, setUpNode, setUpStackPrograms } from './setup/set-up.mjs';
import { withoutPrograms } from './setup/without.mjs';
import { stackEnvironment } from './stack/addresses.mjs';
import { waitForAnswer } from './stack/announce.mjs';
import { canBePid1, runBosun } from './stack/bosun-process.mjs';
import { prepareRunDirectory } from './stack/run-directory.mjs';

const HELP = `Usage: npm start [-- OPTIONS]

Sets up everything that the stack needs, once, and runs it: consul, consul-template, caddy, nomad and the SUT backend,
under Bosun as PID 1 of a new PID namespace (as root; else as an ordinary process).

  --without PROGRAM   do not fetch or build this one; its service is skipped unless the machine has it (repeatable)
  --help              this text

Environment: BOSUN_WITHOUT=nomad,... as --without; BOSUN_CACHE, BOSUN_RUN_DIR, BOSUN_PROXY_PORT and the other ports:
docs/how-to/run-the-stack.md.
`;

/** Without these the proxy has no answer from the SUT backend. */
const ON_THE_ROUTE = ['consul', 'consul-template', 'caddy', 'gunicorn'];

async function main() {
  const { values } = parseArgs({
    options: { without: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const node = await setUpNode();
  const { searchPath, missing } = await setUpStackPrograms(withoutPrograms(values.without));
  sayMissing(missing);
  return runStack({ BOSUN_NODE: node, PATH: searchPath }, missing);
}

async function runStack(programs, missing) {
  const stack = stackEnvironment(root);
  await prepareRunDirectory(stack.BOSUN_RUN_DIR, stack.BOSUN_SOCKET);
  const pid1 = canBePid1();
  const ended = runBosun({
    bosun: path.join(root, 'bin/bosun'),
    args: ['-c', path.join(root, 'services.d'), '--socket', stack.BOSUN_SOCKET],
    env: { ...withoutNpm(process.env), ...stack, ...programs },
    pid1,
    socket: stack.BOSUN_SOCKET,
  });
  say(
    pid1 ? 'Starting the stack with Bosun as PID 1.' : 'Starting the stack; without root Bosun is not PID 1.',
  );
  announce(stack, missing);
  return ended;
}

function announce(stack, missing) {
  const proxy = `http://${stack.BOSUN_PROXY_ADDRESS}:${stack.BOSUN_PROXY_PORT}/api/hello`;
  const control = `bin/bosunctl --socket ${path.relative(process.cwd(), stack.BOSUN_SOCKET)}`;
  const gap = ON_THE_ROUTE.filter((executable) => missing.has(executable));
  const look = `Look and act:  ${control} status`;
  if (gap.length > 0) {
    say(`The proxy will not answer for the SUT backend: ${gap.join(', ')} is missing.\n${look}`);
    return;
  }
  waitForAnswer(proxy).then(
    () => say(`\nThe stack is up.  ${proxy}\n${look}\nCtrl-C stops it.\n`),
    (error) => say(`\n${proxy} does not answer yet: ${error.message}\n${look}\n`),
  );
}

/** What npm tells the scripts that it runs is none of the services' business. */
function withoutNpm(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^npm_|^INIT_CWD$/.test(name)));
}

main().then(
  (code) => process.exit(code),
  (error) => {
    say(`npm start: ${error.message}`);
    process.exit(1);
  },
);

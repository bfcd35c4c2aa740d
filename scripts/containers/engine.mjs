// `node scripts/containers/engine.mjs start|stop|env|images`: the Docker engine that the container tests use, by hand.
// start: an engine that stays until `stop`; prints DOCKER_HOST. images: the base image and the stand-ins; prints their names.
import { say, step } from '../setup/progress.mjs';
import { setUpNode, setUpStackPrograms } from '../setup/set-up.mjs';
import { baseImages } from './base-images.mjs';
import { runningEngine, startEngine, stopEngine } from './engine-process.mjs';
import { programImages } from './program-images.mjs';

const commands = { start, stop, env: printEngine, images };

async function start() {
  let host;
  await step('Docker engine', async (tell) => {
    ({ host } = await startEngine(tell, 'stopped'));
  });
  process.stdout.write(`DOCKER_HOST=${host}\n`);
}

async function stop() {
  say((await stopEngine()) ? '  stopped the Docker engine' : '  no Docker engine of these tests runs');
}

async function printEngine() {
  process.stdout.write(`DOCKER_HOST=${await engine()}\n`);
}

/** As arguments for `docker build`: NAME_IMAGE=REFERENCE. */
async function images() {
  const host = await engine();
  const node = await setUpNode();
  const { searchPath } = await setUpStackPrograms(new Set());
  const made = [];
  await step('base images', async (tell) => {
    made.push(...(await baseImages({ host, node }, tell)));
  });
  await step('images of programs', async (tell) => {
    made.push(...(await programImages({ host, searchPath }, tell)));
  });
  for (const [name, reference] of made) process.stdout.write(`${name}_IMAGE=${reference}\n`);
}

async function engine() {
  const host = await runningEngine();
  if (host === undefined) throw new Error('no Docker engine runs; start one with: engine.mjs start');
  return host;
}

const command = commands[process.argv[2]];
if (command === undefined) {
  say('usage: node scripts/containers/engine.mjs start|stop|env|images');
  process.exit(2);
}
command().then(
  () => process.exit(0),
  (error) => {
    say(`engine: ${error.message}`);
    process.exit(1);
  },
);

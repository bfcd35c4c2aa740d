// What test/containers/ needs for one run: an engine, the base image, the image of this tree. When this machine can have no
// engine the tests are skipped, and say why; an image that cannot be built is a failure.
import { docker, dockerClient } from './docker-client.mjs';
import { step } from '../setup/progress.mjs';
import { Unavailable } from '../setup/unavailable.mjs';
import { baseImages } from './base-images.mjs';
import { composeProgram } from './compose.mjs';
import { startEngine } from './engine-process.mjs';
import { testImage } from './test-image.mjs';

/** Resolves to what the tests find in their environment, and to what is to be called after them. */
export async function prepareContainers({ node, root }) {
  const run = `${process.pid}-${Date.now()}`;
  let engine;
  try {
    await step('Docker engine', async (tell) => {
      engine = await startEngine(tell, 'caller-ends');
    });
    const images = await prepareImages({ host: engine.host, node, root });
    const env = {
      DOCKER_HOST: engine.host,
      BOSUN_TEST_DOCKER: dockerClient(),
      BOSUN_TEST_COMPOSE: await prepareCompose(),
      BOSUN_TEST_RUN: run,
      ...images,
    };
    return { env, release: () => release(engine, run) };
  } catch (error) {
    await engine?.stop();
    if (!(error instanceof Unavailable)) throw error;
    return { env: { BOSUN_CONTAINERS_MISSING: error.message }, release: () => Promise.resolve() };
  }
}

async function prepareCompose() {
  let program;
  await step('Docker Compose', async (tell) => {
    program = await composeProgram(tell);
  });
  return program;
}

async function prepareImages({ host, node, root }) {
  const { BOSUN_TEST_IMAGE: chosen } = process.env;
  if (chosen) return { BOSUN_TEST_IMAGE: chosen };
  const made = {};
  await step('base images', async (tell) => {
    made.bases = await baseImages({ host, node }, tell);
  });
  await step("Bosun's image", async (tell) => {
    made.image = await testImage({ host, bases: made.bases, root }, tell);
  });
  return { BOSUN_TEST_IMAGE: made.image };
}

/** Tests remove their own containers; a test that was killed could not. */
async function release({ host, stop }, run) {
  const listed = await docker(host, ['ps', '-aq', '--filter', `label=bosun.test.run=${run}`]);
  const left = listed.split('\n').filter(Boolean);
  if (left.length > 0) await docker(host, ['rm', '-f', '-v', ...left]);
  await stop();
}

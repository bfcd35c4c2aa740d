// The image that the container tests run: the target `bosun` of the Dockerfile, built from this tree as it is.
import { runCommand } from '../setup/run-command.mjs';
import { dockerClient } from './docker-client.mjs';

const REFERENCE = 'bosun-test:tree';

/** `bases`: pairs of a name and an image. Resolves to the name of the new one. */
export async function testImage({ host, bases, root }, tell) {
  const env = { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: '1', BUILDKIT_PROGRESS: 'plain' };
  const build = bases.flatMap(([name, reference]) => ['--build-arg', `${name}_IMAGE=${reference}`]);
  tell('docker build');
  await runCommand(dockerClient(), ['build', '--target', 'bosun', ...build, '-t', REFERENCE, root], {
    env,
    onLine: (line) => tell(line.slice(0, 60)),
  });
  return REFERENCE;
}

// Where the stack listens and keeps its files. Each can be set by the environment variable of its name.
import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';

/** sun_path of a Unix socket holds 108 bytes, the last of them zero: unix(7). */
const LONGEST_SOCKET_PATH = 107;

/** The environment that services.d/ and Bosun read. `root` is the tree. */
export function stackEnvironment(root, environment = process.env) {
  const runDirectory = path.resolve(environment.BOSUN_RUN_DIR || path.join(root, '.bosun/run'));
  return {
    BOSUN_RUN_DIR: runDirectory,
    BOSUN_SOCKET: environment.BOSUN_SOCKET || socketPath(runDirectory),
    BOSUN_LOG_FORMAT: environment.BOSUN_LOG_FORMAT || 'prefix',
    BOSUN_PROXY_ADDRESS: environment.BOSUN_PROXY_ADDRESS || '127.0.0.1',
    BOSUN_PROXY_PORT: environment.BOSUN_PROXY_PORT || '8080',
  };
}

function socketPath(runDirectory) {
  const socket = path.join(runDirectory, 'bosun.sock');
  if (Buffer.byteLength(socket) <= LONGEST_SOCKET_PATH) return socket;
  const digest = createHash('sha256').update(runDirectory).digest('hex').slice(0, 12);
  return path.join(os.tmpdir(), `bosun-${digest}.sock`);
}

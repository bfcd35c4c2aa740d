// Where the tests' own Docker engine lives: data, sockets, pid file and log in one directory, apart from any other engine of
// this machine. $BOSUN_ENGINE_DIR moves it.
import http from 'node:http';
import path from 'node:path';

const PING_MS = 5_000;

export const engineDirectory = path.resolve(process.env.BOSUN_ENGINE_DIR || '/var/cache/bosun-docker');

const inside = (name) => path.join(engineDirectory, name);

export const place = {
  data: inside('data'),
  execRoot: inside('exec'),
  socket: inside('docker.sock'),
  pidFile: inside('dockerd.pid'),
  keeperPidFile: inside('keeper.pid'),
  log: inside('dockerd.log'),
  networkBefore: inside('network-before.json'),
};

/** Whether a Docker engine answers on that Unix socket. */
export function answers(socketPath) {
  return new Promise((resolve) => {
    const request = http.get({ socketPath, path: '/_ping', timeout: PING_MS, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
      response.on('error', () => resolve(false));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

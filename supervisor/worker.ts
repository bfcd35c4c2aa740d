// The entry of the control plane's thread: gives plane/ its ports and passes the engine's messages on. Nothing listens and
// nothing is read before `hello`. If it throws, the engine starts another one.
import { parentPort } from 'node:worker_threads';
import type { FromPlane, ToPlane } from './core/plane-message.ts';
import { datagramCalls } from './os/libc-datagram.ts';
import { libc } from './os/libc.ts';
import { ControlPlane } from './plane/control-plane.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread of Bosun only');

const post = (message: FromPlane): void => {
  port.postMessage(message);
};

const plane = new ControlPlane({
  peerCredentials: (fd) => libc.peerCredentials(fd),
  peerGroups: (fd) => libc.peerGroups(fd),
  resizeTerminal: (fd, columns, rows) => libc.resizeTerminal(fd, columns, rows),
  socketCalls: datagramCalls,
  post,
  prepareJob: async (fleet, asked) => {
    const { prepareJob } = await import('./boot/prepare-job.ts');
    return prepareJob(fleet, asked, process.env);
  },
  readConfiguration: async (settings) => {
    // Loaded here: a control plane that is never asked for it does not pay for YAML and its schema.
    const { readConfiguration } = await import('./boot/read-configuration.ts');
    return readConfiguration(settings, process.env);
  },
});

port.on('message', (message: ToPlane) => {
  plane.receive(message);
});

// Only looks on: the thread still dies of the error, and the engine hears of it.
process.on('uncaughtExceptionMonitor', () => {
  plane.salvage();
});

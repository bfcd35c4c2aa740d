// The entry of the logs' thread: gives logs/ its ports and lets it work. It comes back when the thread is to end; if it throws, the engine
// starts another one, which goes on at the same byte.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { FromLogs } from './core/log-message.ts';
import { EpollPoll } from './os/epoll-poll.ts';
import { makeNonBlocking, setPipeSize } from './os/libc-poll.ts';
import { LogThread } from './logs/log-thread.ts';
import { openStdout } from './logs/open-stdout.ts';

const parent = parentPort;
if (parent === null) throw new Error('log-worker.ts runs as a worker thread of Bosun only');
const { port, epoll } = workerData as { readonly port: MessagePort; readonly epoll: number };

new LogThread({
  engine: port,
  output: openStdout(),
  ports: {
    poll: new EpollPoll(epoll),
    makeNonBlocking: (fd) => void makeNonBlocking(fd),
    growPipe: (fd, bytes) => (setPipeSize(fd, bytes).ok ? 'grown' : 'refused'),
    post: (message: FromLogs) => {
      parent.postMessage(message);
    },
    receive: (from) => receiveMessageOnPort(from)?.message as unknown,
  },
}).run();
// Else its channels would keep it alive.
process.exit(0);

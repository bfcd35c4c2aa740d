// One setup at a time, for each name, user and machine. The lock is a socket in Linux's abstract namespace (unix(7)):
// the kernel frees it when its holder ends, however that happens, so it can never be stale.
import { createHash } from 'node:crypto';
import net from 'node:net';

/** Runs `work` while no other process runs under the same name. `onWait` is called once if that takes waiting. */
export async function withLock(name, work, onWait = () => {}) {
  const lock = await acquire(addressOf(name), onWait);
  try {
    return await work();
  } finally {
    lock.close();
  }
}

function addressOf(name) {
  const digest = createHash('sha256').update(`${process.getuid()}:${name}`).digest('hex');
  return `\0bosun-setup-${digest.slice(0, 32)}`;
}

async function acquire(address, onWait) {
  for (let waited = false; ; waited = true) {
    const lock = await listen(address);
    if (lock !== undefined) return lock;
    if (!waited) onWait();
    await holderGone(address);
  }
}

/** Whoever waits is connected; closing must cut these connections, or nobody would learn of it. */
function listen(address) {
  return new Promise((resolve, reject) => {
    const waiting = new Set();
    const server = net.createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => waiting.delete(socket));
      socket.unref();
    });
    const close = () => {
      server.close();
      for (const socket of waiting) socket.destroy();
    };
    server.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(address, () => resolve({ close }));
    server.unref();
  });
}

function holderGone(address) {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}

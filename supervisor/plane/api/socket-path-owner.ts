// The control socket as a file: its directory, its mode, and whose it is. A path that somebody answers on is never taken;
// one that nobody answers on is replaced at once, by rename(2), so that there is no moment without it.
import { chmod, rename, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { makeDirectory } from '../make-directory.ts';

/** Whom the socket is for: Bosun's own user and root, or also those whom rules name. */
export type SocketAudience = 'own' | 'ruled';

/**
 * The mode decides who may connect, unix(7). It can name one group only, and rules name any users and groups: with rules
 * anybody may connect, and SO_PEERCRED decides on what they may ask.
 */
const MODES: Readonly<Record<SocketAudience, number>> = { own: 0o660, ruled: 0o666 };

/** Where to listen before the socket is moved to its path; it has its mode before anybody can find it. */
export function birthPath(path: string): string {
  return `${path}.new`;
}

/** Throws when another process answers at the path, or the directory cannot be made. */
export async function prepare(path: string): Promise<void> {
  await makeDirectory(dirname(path), 0o755);
  if (await isAnswered(path)) throw new Error('another process answers there');
  await rm(birthPath(path), { force: true });
}

/** The inode that is now ours. */
export async function publish(path: string, audience: SocketAudience): Promise<number> {
  const born = birthPath(path);
  await chmod(born, MODES[audience]);
  const { ino } = await stat(born);
  await rename(born, path);
  return ino;
}

/** Leaves the path alone when somebody else has taken it over. */
export async function withdraw(path: string, inode: number): Promise<void> {
  try {
    const { ino } = await stat(path);
    if (ino === inode) await rm(path, { force: true });
  } catch {
    // It is gone, which is what was wanted; or its directory cannot be written any more, and the next one replaces it.
  }
}

async function isAnswered(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean) => () => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', settle(true));
    // ENOENT and ECONNREFUSED; and what may not be asked is not ours to replace.
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED' && error.code !== 'ENOTSOCK')();
    });
  });
}

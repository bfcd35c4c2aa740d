// The directory of one run of the stack. It is made anew for each run, so that nothing of an earlier one is mistaken for
// this one's; and never under a stack that still runs.
import { mkdir, readdir, rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';

/** Only what holds this file is emptied: BOSUN_RUN_DIR may name any directory by mistake. */
const MARK = '.bosun-run';

export async function prepareRunDirectory(directory, socket) {
  if (await isListening(socket)) {
    throw new Error(
      `a stack runs in ${directory} already. Stop it with 'bin/bosunctl --socket ${socket} shutdown', ` +
        'or set BOSUN_RUN_DIR and other ports for a second one (docs/how-to/run-the-stack.md).',
    );
  }
  await mkdir(directory, { recursive: true });
  const entries = await readdir(directory);
  if (entries.length > 0 && !entries.includes(MARK)) {
    throw new Error(
      `${directory} holds files that are not of an earlier run. Empty it, or set BOSUN_RUN_DIR to another.`,
    );
  }
  for (const entry of entries) await rm(path.join(directory, entry), { recursive: true, force: true });
  await rm(socket, { force: true });
  await mkdir(path.join(directory, MARK));
}

function isListening(socket) {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    connection.on('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });
}

// What an engine leaves when it has ended, in whatever way: a mount, its rules in the network, its files of one run.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';

import { place } from './engine-place.mjs';
import { restoreNetwork } from './network-state.mjs';

/** Only when no engine of ours runs. Its images stay: they are the cache. */
export function removeLeftovers() {
  spawnSync('umount', [path.join(place.execRoot, 'netns/default')], { stdio: 'ignore' });
  restoreNetwork(place.networkBefore);
  rmSync(place.execRoot, { recursive: true, force: true });
  for (const file of [place.socket, place.pidFile, place.keeperPidFile]) rmSync(file, { force: true });
}

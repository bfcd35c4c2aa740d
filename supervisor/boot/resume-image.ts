// The start of a Bosun that takes the place of another one: its snapshot in place of a configuration. Whatever is wrong with it was found
// in the rehearsal; what is left is told, and ends Bosun.
import type { Composition } from './composition.ts';
import { readMemoryFile } from './handed-file.ts';
import { decodeSnapshot } from './snapshot.ts';
import { VERSION } from '../wire/version.ts';

export function resumeImage(
  descriptor: number,
): Pick<Composition, 'mode' | 'spec' | 'settings' | 'logs' | 'resumed' | 'snapshot'> {
  const decoded = decodeSnapshot(readMemoryFile(descriptor));
  if (decoded.kind === 'refused') throw new Error(decoded.reason);
  const { snapshot } = decoded;
  const { spec, numbering, fleet } = snapshot.engine;
  return {
    mode: 'supervisor',
    spec,
    logs: snapshot.logSettings,
    settings: { ...snapshot.settings, version: VERSION },
    resumed: {
      numbering,
      resume: { stopped: [], nextJob: fleet.nextJob as Composition['resumed']['resume']['nextJob'] },
      setAside: [],
    },
    snapshot,
  };
}

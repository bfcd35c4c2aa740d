// File probe: healthy when the path exists, whatever it is.
import { stat } from 'node:fs/promises';
import { failed, OK, type Probe, reasonOf } from './probe.ts';

export function fileProbe(path: string): Probe {
  return async () => {
    try {
      await stat(path);
      return OK;
    } catch (error) {
      return failed(`file ${path}: ${reasonOf(error)}`);
    }
  };
}

// What this process was started as, by which the next one is started: the same Node, the same options, the same script. What is on the
// disk under these names by then is the new version.

export type OwnProgram = {
  /** Of Node. */
  readonly path: string;
  /** Node's own options and the script. */
  readonly entry: readonly string[];
  /** What follows the script. */
  readonly words: readonly string[];
};

export function ownProgram(): OwnProgram {
  const [, script = '', ...words] = process.argv;
  return { path: process.execPath, entry: [...process.execArgv, script], words };
}

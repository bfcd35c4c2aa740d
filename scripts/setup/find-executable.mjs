// Looks a program up in a PATH, as execvp(3) would.
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** The full path of the first executable file of that name, or undefined. */
export function findExecutable(name, searchPath = process.env.PATH ?? '') {
  return searchPath
    .split(path.delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => path.join(directory, name))
    .find(isExecutableFile);
}

export function isExecutableFile(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

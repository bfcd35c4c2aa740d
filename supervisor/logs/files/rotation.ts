// Gives current.log its name among the rotated files, and removes the oldest of those. No name is given twice: the number is beyond all that
// are there and all that were given. What cannot be done is told, tried again later, and never keeps a line from being written.
import { CURRENT_LOG, rotatedName, type RotatedName } from '../../core/log-file-name.ts';
import { CoolDown } from './cool-down.ts';
import { errnoOf, faultOf } from './file-fault.ts';
import type { LogDirectory } from './log-directory.ts';
import type { LogParts } from './log-parts.ts';
import { byAge, surplusOf, type RotatedFile } from './retention.ts';

export class Rotation {
  readonly #parts: LogParts;
  readonly #coolDown = new CoolDown();
  #number = 0;
  #beginning: 'new' | 'taken-over' = 'new';

  constructor(parts: LogParts) {
    this.#parts = parts;
  }

  /** Not after a failure. */
  mayBeTried(nowMs: number): boolean {
    return this.#coolDown.isOver(nowMs);
  }

  get retryAtMs(): number {
    return this.#coolDown.endsAtMs;
  }

  /** Once, of what a former thread has left: it may have ended between a rename and all that comes after it. */
  takeOver(directory: LogDirectory): void {
    if (this.#beginning === 'taken-over') return;
    this.#beginning = 'taken-over';
    const { spec, observer, trouble } = this.#parts;
    try {
      const names = directory.rotated();
      const newest = names.filter(({ form }) => form === 'plain').sort(byAge)[0];
      if (newest !== undefined && spec.compress !== 'none') observer.rotated(directory.named(newest.name));
      this.#removeSurplus(directory, names);
    } catch (error) {
      trouble.failed('removing', faultOf(error, `read ${directory.path}`));
    }
  }

  rotate(directory: LogDirectory, nowMs: number): 'rotated' | 'failed' {
    const { calls, trouble, observer } = this.#parts;
    try {
      const names = directory.rotated();
      const number = Math.max(this.#number, ...names.map((name) => name.number)) + 1;
      const name = rotatedName(number, new Date(nowMs).toISOString());
      calls.rename(directory.at(CURRENT_LOG), directory.at(name));
      this.#number = number;
      trouble.over('rotating');
      observer.rotated(directory.named(name));
      this.#removeSurplus(directory, [...names, { name, number, form: 'plain', state: 'whole' }]);
      return 'rotated';
    } catch (error) {
      this.#coolDown.begin(nowMs);
      const { errno, text } = faultOf(error, `rotate ${directory.named(CURRENT_LOG)}`);
      trouble.failed('rotating', { errno, text: `${text}. It grows until that can be done` });
      return 'failed';
    }
  }

  #removeSurplus(directory: LogDirectory, names: readonly RotatedName[]): void {
    const { spec, trouble } = this.#parts;
    const files = names.flatMap((name) => this.#measured(directory, name));
    const errors = surplusOf(files, spec).flatMap((name) => this.#remove(directory.at(name)));
    if (errors.length === 0) trouble.over('removing');
    else trouble.failed('removing', faultOf(errors[0], `remove old log files in ${directory.path}`));
  }

  /** Nothing: it is half made, or the control plane has put its compressed form in its place meanwhile. */
  #measured(directory: LogDirectory, name: RotatedName): readonly RotatedFile[] {
    if (name.state === 'unfinished') return [];
    if (this.#parts.spec.totalBytes === 0) return [{ ...name, bytes: 0 }];
    try {
      return [{ ...name, bytes: this.#parts.calls.lstat(directory.at(name.name)).bytes }];
    } catch {
      return [];
    }
  }

  /** The error, if there is one: the others are removed all the same. */
  #remove(path: string): readonly unknown[] {
    try {
      this.#parts.calls.unlink(path);
      return [];
    } catch (error) {
      return errnoOf(error) === 'ENOENT' ? [] : [error];
    }
  }
}

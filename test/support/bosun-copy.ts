// A copy of the program, so that a test can put another version in its place while it runs.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export class BosunCopy implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-copy-'));

  constructor() {
    for (const part of ['bin', 'supervisor', 'package.json'])
      cpSync(join(ROOT, part), join(this.directory, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'));
  }

  /** For Container. */
  get program(): readonly string[] {
    return [join(this.directory, 'bin/bosun')];
  }

  /** `path`: below supervisor/. */
  edit(path: string, change: (text: string) => string): void {
    const file = join(this.directory, 'supervisor', path);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

// A fresh bundle for a test, away from the tree: what it needs and has not is not found.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const BUILD_MS = 120_000;

export class BuiltBosun implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-built-'));

  /** Built now, or copied. */
  constructor(from?: BuiltBosun) {
    chmodSync(this.directory, 0o755);
    if (from !== undefined) cpSync(from.directory, this.directory, { recursive: true });
    else {
      build(this.directory);
      // As an image has its own.
      symlinkSync(process.execPath, join(this.directory, 'lib/node'));
    }
  }

  /** For Container. */
  get program(): readonly string[] {
    return [join(this.directory, 'bin/bosun')];
  }

  /** `name`: in lib/. */
  read(name: string): string {
    return readFileSync(join(this.directory, 'lib', name), 'latin1');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, 'lib', name), text, 'latin1');
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function build(out: string): void {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs', '--out', out], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: BUILD_MS,
  });
  if (status !== 0) throw new Error(`the build ended with ${status}: ${stderr}`);
}

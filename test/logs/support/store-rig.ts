// One service's log files in a directory of their own, with system calls that are counted, and that fail, write short, or end the thread at a
// chosen one. A thread that has ended changes nothing any more: neither files, nor progress, nor what its observer heard.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CURRENT_LOG, parseRotatedName } from '../../../supervisor/core/log-file-name.ts';
import { COUNT, TALLY, TALLY_BYTES, WORD } from '../../../supervisor/core/log-board.ts';
import type { LogStore } from '../../../supervisor/core/log-message.ts';
import type { LogFileSpec } from '../../../supervisor/core/log-spec.ts';
import { fileCalls, type FileCalls } from '../../../supervisor/logs/files/file-calls.ts';
import { RotatingFiles } from '../../../supervisor/logs/files/rotating-files.ts';
import { FileProgress } from '../../../supervisor/logs/block-progress.ts';
import type { Loss, StoreObserver } from '../../../supervisor/logs/ports.ts';
import { Tally } from '../../../supervisor/logs/tally.ts';
import { TroubleMemory } from '../../../supervisor/logs/trouble-memory.ts';
import { PLAIN_LOG_FILE } from '../../support/log-file-spec.ts';

type CallName = keyof FileCalls;

/** What befalls the call of this index, counted from 0 over all calls of the rig. `short`: a write takes so many bytes. */
export type Fate =
  | { readonly kind: 'errno'; readonly errno: string }
  | { readonly kind: 'short'; readonly bytes: number }
  | { readonly kind: 'death'; readonly work: 'done' | 'not-done' };

export type Fates = (call: CallName, index: number, args: readonly unknown[]) => Fate | undefined;

export class StoreRig implements StoreObserver, Disposable {
  readonly root: string;
  readonly spec: LogFileSpec;
  readonly failures: { readonly store: LogStore; readonly errno: string; readonly text: string }[] = [];
  readonly recoveries: number[] = [];
  readonly rotations: string[] = [];
  readonly calls: CallName[] = [];
  deaths = 0;
  nowMs = Date.UTC(2026, 10, 21, 14, 20, 30, 123);
  fates: Fates = () => undefined;
  readonly #place: 'own' | 'given';
  #life: 'alive' | 'dead' = 'alive';
  /** What outlives the threads. */
  readonly #shared = new SharedArrayBuffer(TALLY_BYTES);
  readonly #tally = new Tally(this.#shared);
  #fds = new Set<number>();
  store: RotatingFiles;

  /** `place`: a directory that is there and stays; else it has one of its own. */
  constructor(spec: Partial<LogFileSpec> = {}, place?: string) {
    this.#place = place === undefined ? 'own' : 'given';
    this.root = place ?? mkdtempSync(join(tmpdir(), 'bosun-files-'));
    this.spec = { ...PLAIN, directory: join(this.root, 'logs', 'web'), ...spec };
    this.store = this.#begin();
  }

  /** A block: written, or dropped and counted, also when the thread ends on the way. */
  write(block: Uint8Array | string): void {
    const output = typeof block === 'string' ? Buffer.from(block) : block;
    const progress = new RigProgress(() => this.#life === 'alive');
    progress.reset(this.#tally);
    do {
      if (this.#life === 'dead') {
        this.restart();
        progress.goOn(this.#tally);
      }
      this.store.write(output, progress);
    } while (this.#isDead());
    progress.count();
    assert.equal(progress.bytes, output.length, 'the block is done with');
  }

  tick(): void {
    this.store.tick(this.nowMs);
    if (this.#isDead()) this.restart();
  }

  /** As when a thread has ended: the next one finds its files, and none of its descriptors are left. */
  restart(): void {
    for (const fd of this.#fds) fileCalls.close(fd);
    this.#fds = new Set();
    this.#life = 'alive';
    this.store = this.#begin();
  }

  get openDescriptors(): number {
    return this.#fds.size;
  }

  path(name = CURRENT_LOG): string {
    return join(this.spec.directory, name);
  }

  read(name = CURRENT_LOG): string {
    return readFileSync(this.path(name), 'latin1');
  }

  /** Oldest first. */
  get rotatedNames(): readonly string[] {
    const names = this.#names.flatMap((name) => parseRotatedName(name) ?? []);
    return names.sort((one, other) => one.number - other.number).map(({ name }) => name);
  }

  get texts(): readonly string[] {
    const names = this.#names.includes(CURRENT_LOG) ? [CURRENT_LOG] : [];
    return [...this.rotatedNames, ...names].map((name) => this.read(name));
  }

  failed(store: LogStore, errno: string, text: string): void {
    if (this.#life === 'alive') this.failures.push({ store, errno, text });
  }

  recovered(_store: LogStore, droppedLines: number): void {
    if (this.#life === 'alive') this.recoveries.push(droppedLines);
  }

  get droppedLines(): number {
    return Number(this.#tally.get(TALLY.fileDroppedLines));
  }

  get droppedBytes(): number {
    return Number(this.#tally.get(TALLY.fileDroppedBytes));
  }

  get writtenBytes(): number {
    return Number(this.#tally.get(TALLY.fileBytes));
  }

  rotated(path: string): void {
    if (this.#life === 'alive') this.rotations.push(path);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds) fileCalls.close(fd);
    if (this.#place === 'own') rmSync(this.root, { recursive: true, force: true });
  }

  get #names(): readonly string[] {
    return existsSync(this.spec.directory) ? readdirSync(this.spec.directory) : [];
  }

  #begin(): RotatingFiles {
    return new RotatingFiles({
      spec: this.spec,
      name: 'web',
      observer: this,
      memory: new RigMemory(this.#shared, () => this.#life === 'alive'),
      clock: () => this.nowMs,
      calls: this.#wrapped(),
    });
  }

  #isDead(): boolean {
    return this.#life === 'dead';
  }

  #wrapped(): FileCalls {
    const wrap = <Call extends CallName>(call: Call): FileCalls[Call] =>
      ((...args: readonly unknown[]) => this.#call(call, args)) as FileCalls[Call];
    const names = Object.keys(fileCalls) as CallName[];
    return Object.fromEntries(names.map((name) => [name, wrap(name)])) as FileCalls;
  }

  #call(call: CallName, args: readonly unknown[]): unknown {
    if (this.#life === 'dead') throw new Error('a dead thread calls nothing');
    const fate = this.fates(call, this.calls.length, args);
    this.calls.push(call);
    switch (fate?.kind) {
      case undefined:
        return this.#work(call, args);
      case 'errno':
        throw Object.assign(new Error(fate.errno), { code: fate.errno });
      case 'short': {
        const [fd, bytes, at, length] = args;
        return this.#work(call, [fd, bytes, at, Math.min(Number(length), fate.bytes)]);
      }
      case 'death':
        if (fate.work === 'done') this.#work(call, args);
        this.#life = 'dead';
        this.deaths += 1;
        throw new Error('the thread ends here');
    }
  }

  #work(call: CallName, args: readonly unknown[]): unknown {
    const result = (fileCalls[call] as (...args: readonly unknown[]) => unknown)(...args);
    if (call === 'open') this.#fds.add(result as number);
    if (call === 'close') this.#fds.delete(args[0] as number);
    return result;
  }
}

/** Of the dead nothing is heard. */
export class RigProgress extends FileProgress {
  readonly #isAlive: () => boolean;

  constructor(isAlive: () => boolean) {
    super({ words: new Int32Array(MOST_SLOTS), counts: new BigInt64Array(MOST_SLOTS) });
    this.#isAlive = isAlive;
  }

  override lose(loss: Loss): void {
    if (this.#isAlive()) super.lose(loss);
  }
}

class RigMemory extends TroubleMemory {
  readonly #isAlive: () => boolean;

  constructor(shared: SharedArrayBuffer, isAlive: () => boolean) {
    super(shared, 'file');
    this.#isAlive = isAlive;
  }

  override fail(...failure: Parameters<TroubleMemory['fail']>): void {
    if (this.#isAlive()) super.fail(...failure);
  }

  override recover(...recovery: Parameters<TroubleMemory['recover']>): void {
    if (this.#isAlive()) super.recover(...recovery);
  }

  override told(): void {
    if (this.#isAlive()) super.told();
  }
}

const MOST_SLOTS = Math.max(...Object.values(WORD), ...Object.values(COUNT)) + 1;

const PLAIN: LogFileSpec = { ...PLAIN_LOG_FILE, format: 'raw' };

export const failing = (errno: string, ...calls: readonly CallName[]): Fates => {
  return (call) => (calls.includes(call) ? { kind: 'errno', errno } : undefined);
};

/** Numbered lines, so that each is there once; of different lengths. */
export function numberedLines(from: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    return `${number} ${'x'.repeat((number * 7) % 23)}\n`;
  });
}

/**
 * What is in the files are whole lines of those written, each at most once and in order, and what is missing is what was counted. Beginnings of
 * lines are not in the files, but for so many fragments.
 */
export function assertAccounted(
  rig: StoreRig,
  written: readonly string[],
  label = '',
  mostFragments = 0,
): void {
  const found = rig.texts.flatMap((text) => text.split(/(?<=\n)/)).filter((line) => line !== '');
  const all = new Set(written);
  const lines = found.filter((line) => all.has(line));
  const strange = found.filter((line) => !all.has(line));
  assert.ok(strange.length <= mostFragments, `${label}: ${JSON.stringify(strange[0])} was not written`);
  for (const line of strange) {
    const isBeginning = written.some((whole) => whole.startsWith(line.trimEnd()));
    assert.ok(isBeginning, `${label}: ${JSON.stringify(line)} is no beginning of a line`);
  }
  let at = 0;
  for (const line of lines) {
    const index = written.indexOf(line, at);
    assert.ok(index >= 0, `${label}: ${JSON.stringify(line)} is there twice or out of order`);
    at = index + 1;
  }
  // A beginning that lacks nothing but its newline is a whole line in the end.
  const over = rig.droppedLines - (written.length - lines.length);
  assert.ok(
    over >= 0 && over <= mostFragments - strange.length,
    `${label}: ${over} too many lines counted as dropped`,
  );
  const bytes = written.join('').length - lines.join('').length;
  if (over === 0) assert.equal(rig.droppedBytes, bytes, `${label}: bytes counted as dropped`);
}

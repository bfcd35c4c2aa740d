// Keeps the answers to writes with an Idempotency-Key: in a file of the state directory, and in memory while the disk does not take
// them. Never throws, and never loses more than what memory may hold; it tells once when it changes from one to the other.
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnLog } from '../logs/own-log.ts';
import { AnswerStore, type KeptWrite, type StoreBounds } from './answer-store.ts';

const DAY_MS = 86_400_000;
const ON_DISK: StoreBounds = { writes: 20_000, bytes: 67_108_864, ageMs: DAY_MS };
const IN_MEMORY: StoreBounds = { writes: 2000, bytes: 4_194_304, ageMs: DAY_MS };
/** A file that failed is tried again with the first write after this. */
const RETRY_MS = 10_000;

type Place =
  | { readonly kind: 'disk'; readonly store: AnswerStore }
  | { readonly kind: 'memory'; readonly store: AnswerStore; readonly sinceMs: number };

export class AnswerKeeper implements Disposable {
  readonly #directory: string;
  readonly #log: OwnLog;
  readonly #retryMs: number;
  #place: Place;
  /** What must not come to a disk. */
  #secrets: AnswerStore | undefined;

  constructor(directory: string, log: OwnLog, retryMs = RETRY_MS) {
    this.#directory = directory;
    this.#retryMs = retryMs;
    this.#log = log;
    this.#place = this.#openOnDisk() ?? inMemory();
  }

  find(actor: string, key: string): KeptWrite | undefined {
    try {
      const nowMs = Date.now();
      return this.#secrets?.find(actor, key, nowMs) ?? this.#place.store.find(actor, key, nowMs);
    } catch (error) {
      this.#leaveDisk(error);
      return undefined;
    }
  }

  put(write: KeptWrite): void {
    if (write.answer?.secrecy === 'secret') {
      this.#secrets ??= new AnswerStore(':memory:', IN_MEMORY);
      this.#secrets.put(write);
      return;
    }
    const place = this.#place;
    if (place.kind === 'memory' && performance.now() - place.sinceMs > this.#retryMs) this.#tryDisk();
    try {
      this.#place.store.put(write);
    } catch (error) {
      this.#leaveDisk(error);
      this.#place.store.put(write);
    }
  }

  [Symbol.dispose](): void {
    this.#place.store[Symbol.dispose]();
    this.#secrets?.[Symbol.dispose]();
  }

  #openOnDisk(): Place | undefined {
    const path = join(this.#directory, 'idempotency.sqlite');
    try {
      makeDirectory(this.#directory);
      closeSync(openSync(path, 'a', 0o600));
      return { kind: 'disk', store: openAnew(path) };
    } catch (error) {
      this.#tell(error);
      return undefined;
    }
  }

  /** What is in the file stays there for later; what it would have said is lost meanwhile. */
  #leaveDisk(error: unknown): void {
    if (this.#place.kind === 'disk') {
      this.#tell(error);
      try {
        this.#place.store[Symbol.dispose]();
      } catch {
        // It is of no use any more.
      }
    } else this.#place.store[Symbol.dispose]();
    this.#place = inMemory();
  }

  #tryDisk(): void {
    const { store: memory } = this.#place;
    const disk = this.#openOnDisk();
    if (disk === undefined) {
      this.#place = { kind: 'memory', store: memory, sinceMs: performance.now() };
      return;
    }
    try {
      for (const write of memory.all()) disk.store.put(write);
    } catch {
      disk.store[Symbol.dispose]();
      this.#place = { kind: 'memory', store: memory, sinceMs: performance.now() };
      return;
    }
    memory[Symbol.dispose]();
    this.#place = disk;
    this.#log({ level: 'info', text: 'answers to repeated requests are kept on disk again' });
  }

  #tell(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#log({
      level: 'warn',
      text: `answers to repeated requests are kept in memory only: ${this.#directory}: ${why}`,
    });
  }
}

/** Not `recursive`: that never ends where mkdir(2) gives ENOENT though the parent is there, as /proc does. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function inMemory(): Place {
  return { kind: 'memory', store: new AnswerStore(':memory:', IN_MEMORY), sinceMs: performance.now() };
}

/** One that is no database any more holds nothing that could be had: another one takes its place. */
function openAnew(path: string): AnswerStore {
  try {
    return new AnswerStore(path, ON_DISK);
  } catch (error) {
    if (!isDamage(error)) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    closeSync(openSync(path, 'a', 0o600));
    return new AnswerStore(path, ON_DISK);
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, https://sqlite.org/rescode.html. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (error.errcode === 11 || error.errcode === 26);
}

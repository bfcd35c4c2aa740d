// The API keys: checked from memory, changed one after the other, each change on the disk before it counts. Several are good at
// once, so that a client can have its next key before the last one ends.
import type { Role } from '../../core/control-access.ts';
import { idIn, isSame, makeKey, type MadeKey } from './api-key.ts';
import { messageOf, type KeyFile } from './key-file.ts';
import type { KeyRecord } from './key-file-schema.ts';
import { KeyTable } from './key-table.ts';
import type { Note } from './refusals.ts';

const MOST_KEYS = 1000;
/** A file that could not be read is looked at again when somebody asks, no more often than this. */
const LOOK_AGAIN_MS = 1000;

export type KeyFailure = {
  readonly kind: 'not-found' | 'too-many' | 'unavailable';
  readonly reason: string;
};

type MadeChange = {
  readonly kind: 'made';
  readonly record: KeyRecord;
  /** To be shown once. */
  readonly key: string;
  /** Of a rotation: the one before, with when it ends. */
  readonly replaced: KeyRecord | undefined;
};
export type KeyChange = MadeChange | KeyFailure;

export type KeyCheck =
  | { readonly kind: 'known'; readonly record: KeyRecord }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable'; readonly reason: string };

type Reading =
  | { readonly kind: 'unread' | 'read' }
  | { readonly kind: 'broken'; readonly reason: string; readonly atMs: number };

type Planned = { readonly change: MadeChange; readonly after: readonly KeyRecord[] };

export class ApiKeys {
  readonly table = new KeyTable();
  readonly #file: KeyFile;
  readonly #note: Note;
  #reading: Reading = { kind: 'unread' };
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(file: KeyFile, note: Note) {
    this.#file = file;
    this.#note = note;
  }

  /**
   * Reads them; where there never were any, makes the first one, an admin's. Gives what is wrong, if anything is. Never rejects.
   */
  async open(): Promise<string | undefined> {
    return await this.#inTurn(async () => {
      const found = await this.#file.read();
      if (found.kind === 'missing') return await this.#makeFirst();
      return (await this.#read())?.reason;
    });
  }

  check(presented: string): KeyCheck {
    if (this.#reading.kind !== 'read') {
      void this.list();
      return { kind: 'unavailable', reason: this.#whyUnavailable() };
    }
    const record = this.table.get(idIn(presented) ?? '');
    if (record === undefined || !isSame(presented, record.sha256)) return { kind: 'unknown' };
    return { kind: 'known', record };
  }

  async list(): Promise<readonly KeyRecord[] | KeyFailure> {
    return await this.#inTurn(async () => (await this.#readOnce()) ?? this.table.live());
  }

  async create(name: string, role: Role, actor: string): Promise<KeyChange> {
    return await this.#change('created', actor, (live) => {
      if (live.length >= MOST_KEYS)
        return { kind: 'too-many', reason: `There are ${MOST_KEYS} keys already.` };
      const made = this.#make(live);
      const record = recordOf(made, name, role);
      return planned(record, made.key, [...live, record]);
    });
  }

  /** Another key of the same name and role. The old one ends `overlapMs` later, or when it would have ended. */
  async rotate(id: string, overlapMs: number, actor: string): Promise<KeyChange> {
    const change = await this.#change('rotated', actor, (live) => {
      const old = live.find((record) => record.id === id);
      if (old === undefined) return notFound(id);
      const made = this.#make(live);
      const record = recordOf(made, old.name, old.role);
      const replaced = endingWithin(old, overlapMs);
      const others = live.filter((other) => other !== old);
      const after = overlapMs > 0 ? [...others, replaced, record] : [...others, record];
      return planned(record, made.key, after, replaced);
    });
    if (change.kind === 'made') await this.#followFirstKey(id, change.key);
    return change;
  }

  async revoke(id: string, actor: string): Promise<KeyChange> {
    return await this.#change('revoked', actor, (live) => {
      const old = live.find((record) => record.id === id);
      if (old === undefined) return notFound(id);
      return planned(
        old,
        '',
        live.filter((other) => other !== old),
      );
    });
  }

  #make(live: readonly KeyRecord[]): MadeKey {
    return makeKey((id) => live.some((record) => record.id === id));
  }

  async #makeFirst(): Promise<string | undefined> {
    const made = makeKey(() => false);
    const record = recordOf(made, 'first', 'admin');
    try {
      // In the clear first: the hash of a key that nobody has would let nobody in, for ever.
      await this.#file.writeFirstKey(made.key);
      await this.#file.write([record]);
    } catch (error) {
      return this.#fail(messageOf(error)).reason;
    }
    this.#reading = { kind: 'read' };
    this.table.replace([record]);
    this.#tell('created', record, 'bosun');
    return undefined;
  }

  /** What was made for whoever sets this container up stays of use. */
  async #followFirstKey(id: string, key: string): Promise<void> {
    const first = await this.#file.readFirstKey();
    // What cannot be written is an old key, which is refused: nobody is let in by it.
    if (first !== undefined && idIn(first) === id) await this.#file.writeFirstKey(key).catch(() => undefined);
  }

  async #change(
    what: 'created' | 'rotated' | 'revoked',
    actor: string,
    plan: (live: readonly KeyRecord[]) => Planned | KeyFailure,
  ): Promise<KeyChange> {
    return await this.#inTurn(async () => {
      const failure = await this.#readOnce();
      if (failure !== undefined) return failure;
      const outcome = plan(this.table.live());
      if ('kind' in outcome) return outcome;
      try {
        await this.#file.write(outcome.after);
      } catch (error) {
        return { kind: 'unavailable', reason: `They cannot be written: ${messageOf(error)}.` };
      }
      this.table.replace(outcome.after);
      this.#tell(what, outcome.change.record, actor);
      return outcome.change;
    });
  }

  async #readOnce(): Promise<KeyFailure | undefined> {
    if (this.#reading.kind === 'read') return undefined;
    if (this.#reading.kind === 'broken' && performance.now() - this.#reading.atMs < LOOK_AGAIN_MS)
      return { kind: 'unavailable', reason: this.#reading.reason };
    return await this.#read();
  }

  async #read(): Promise<KeyFailure | undefined> {
    const found = await this.#file.read();
    if (found.kind === 'broken') return this.#fail(found.reason);
    this.#reading = { kind: 'read' };
    this.table.replace(found.kind === 'read' ? found.keys : []);
    return undefined;
  }

  #fail(reason: string): KeyFailure {
    this.#reading = { kind: 'broken', reason, atMs: performance.now() };
    return { kind: 'unavailable', reason };
  }

  #whyUnavailable(): string {
    return this.#reading.kind === 'broken' ? this.#reading.reason : 'they have not been read yet';
  }

  #tell(change: 'created' | 'rotated' | 'revoked', { id, name, role }: KeyRecord, actor: string): void {
    this.#note({ type: 'key-changed', change, key: id, name, role }, actor);
  }

  /** One after the other: each change is made to what the one before has left. */
  async #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return await turn;
  }
}

function recordOf({ id, sha256 }: MadeKey, name: string, role: Role): KeyRecord {
  return { id, name, role, sha256, created: new Date().toISOString(), expires: null };
}

function endingWithin(record: KeyRecord, overlapMs: number): KeyRecord {
  const ownEndMs = record.expires === null ? Infinity : Date.parse(record.expires);
  return { ...record, expires: new Date(Math.min(Date.now() + overlapMs, ownEndMs)).toISOString() };
}

function planned(record: KeyRecord, key: string, after: readonly KeyRecord[], replaced?: KeyRecord): Planned {
  return { change: { kind: 'made', record, key, replaced }, after };
}

function notFound(id: string): KeyFailure {
  return { kind: 'not-found', reason: `There is no key ${JSON.stringify(id)}.` };
}

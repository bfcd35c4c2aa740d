// One effect for each Idempotency-Key of an actor: whoever comes first with it does the work, who comes meanwhile waits until the
// engine has accepted that, who comes later gets the same answer (IETF draft-ietf-httpapi-idempotency-key-header).
import type { AnswerKeeper } from './answer-keeper.ts';
import type { KeptAnswer, KeptWrite } from './answer-store.ts';
import { derivedId, type Acceptance, type CommandIdentity } from './command-identity.ts';

/** Larger ones are made again from what the engine said. */
const LARGEST_KEPT_BYTES = 262_144;

export type KeyedWrite = {
  readonly actor: string;
  readonly key: string;
  /** Of all of the request but its `wait`. */
  readonly fingerprint: string;
};

/** The right and the duty to do it: it has to be ended, however that went. */
export type Turn = {
  readonly kind: 'turn';
  readonly identity: CommandIdentity;
  /** `repeated`: it is known to have been asked for before. */
  readonly repeated: boolean;
  /** With what was answered, where that is worth keeping. */
  readonly end: (answer: KeptAnswer | undefined) => void;
};

export type Claimed =
  | Turn
  | { readonly kind: 'reused' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** Somebody is at it; `settled` resolves when there is something to go on with. */
  | { readonly kind: 'under-way'; readonly settled: Promise<void> };

type UnderWay = { readonly settled: Promise<void>; readonly settle: () => void; write: KeptWrite };

export class Idempotency {
  readonly #keeper: AnswerKeeper;
  readonly #lastEventId: () => number;
  /** As many as there are requests being served. */
  readonly #underWay = new Map<string, UnderWay>();

  /** `lastEventId`: the newest event that there is now. */
  constructor(keeper: AnswerKeeper, lastEventId: () => number) {
    this.#keeper = keeper;
    this.#lastEventId = lastEventId;
  }

  /** `waits`: that a command was accepted is not all that this request wants to hear. */
  claim(keyed: KeyedWrite, waits: boolean): Claimed {
    const name = JSON.stringify([keyed.actor, keyed.key]);
    const underWay = this.#underWay.get(name);
    const known = underWay?.write ?? this.#keeper.find(keyed.actor, keyed.key);
    if (known === undefined) return this.#begin(name, firstWrite(keyed, this.#lastEventId()), false);
    if (known.fingerprint !== keyed.fingerprint) return { kind: 'reused' };
    const { answer, acceptance } = known;
    if (answer !== undefined && !(waits && answer.status === 202 && acceptance !== undefined))
      return { kind: 'answered', answer };
    if (underWay === undefined) return this.#begin(name, known, true);
    if (acceptance === undefined) return { kind: 'under-way', settled: underWay.settled };
    // What is left to do is to wait, which each does for as long as it wants to.
    return this.#turn(name, underWay, true);
  }

  #begin(name: string, write: KeptWrite, repeated: boolean): Turn {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const settle = (): void => {
      resolve(undefined);
    };
    const underWay = { settled: promise.then(() => undefined), settle, write };
    this.#underWay.set(name, underWay);
    // Before the engine hears of it: what dies in between is found here by the next one.
    if (!repeated) this.#keeper.put(write);
    return this.#turn(name, underWay, repeated);
  }

  #turn(name: string, underWay: UnderWay, repeated: boolean): Turn {
    const { command, since, acceptance } = underWay.write;
    const accepted = (given: Acceptance): void => {
      this.#keep(underWay, { acceptance: given });
      underWay.settle();
    };
    const end = (answer: KeptAnswer | undefined): void => {
      if (answer !== undefined && isFinal(answer)) this.#keep(underWay, { answer });
      if (this.#underWay.get(name) === underWay) this.#underWay.delete(name);
      underWay.settle();
    };
    return { kind: 'turn', identity: { id: command, since, acceptance, accepted }, repeated, end };
  }

  #keep(underWay: UnderWay, news: Partial<Pick<KeptWrite, 'acceptance' | 'answer'>>): void {
    underWay.write = { ...underWay.write, ...news };
    this.#keeper.put(underWay.write);
  }
}

function firstWrite({ actor, key, fingerprint }: KeyedWrite, since: number): KeptWrite {
  return {
    actor,
    key,
    fingerprint,
    command: derivedId([actor, key, fingerprint]),
    since,
    claimedAtMs: Date.now(),
    acceptance: undefined,
    answer: undefined,
  };
}

/** A failure of ours, or a time that was up, is not the last word: who asks again may do better. */
function isFinal({ status, body }: KeptAnswer): boolean {
  return status < 500 && Buffer.byteLength(body) <= LARGEST_KEPT_BYTES;
}

// The settings of one service's application: read, and changed one change after the other, each of which is an event, done or not.
import type { LookupFunction } from 'node:net';
import type { ApplicationEvent, NotedSetting } from '../../core/application-event.ts';
import type { ApplicationSpec, SettingValue } from '../../core/application-spec.ts';
import type { ServiceName } from '../../core/names.ts';
import { didYouMean } from '../../core/suggestion.ts';
import { ApplicationCaller, type Limits } from './application-caller.ts';
import { failed, type ChannelFailure, type KeyError } from './channel-failure.ts';
import { changeOf, noted, type Settings } from './settings.ts';
import { Turns } from './turns.ts';

export type ChannelParts = {
  readonly service: ServiceName;
  /** As the configuration says it now. */
  readonly spec: () => ApplicationSpec | undefined;
  /** `one`: nobody can be there to answer. */
  readonly attempts: () => Limits['attempts'];
  readonly lookup: LookupFunction;
  /** Becomes an event; resolves with its id when it is in the views, or undefined when that takes too long. */
  readonly note: (event: ApplicationEvent, author: Author) => Promise<number | undefined>;
  /** Aborted when Bosun ends. */
  readonly signal: AbortSignal;
};

/** Who wants it, and the id of the command that it is: the same again when it is repeated. */
export type Author = { readonly actor: string; readonly command: string };

export type Changed = {
  readonly kind: 'changed';
  readonly revision: number;
  readonly changes: readonly NotedSetting[];
  readonly eventId: number | undefined;
};

type Values = Readonly<Record<string, SettingValue>>;

const NOT_CONFIGURED = failed('application-not-configured', 'its file has no `application`');

export class ApplicationChannel {
  readonly #parts: ChannelParts;
  readonly #turns = new Turns();

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /** `gone`: nobody waits for it any more. */
  async read(gone: AbortSignal): Promise<Settings | ChannelFailure> {
    const spec = this.#parts.spec();
    if (spec === undefined) return NOT_CONFIGURED;
    const signal = AbortSignal.any([gone, this.#parts.signal]);
    return await this.#caller(spec).read({ ...this.#limits(spec), signal });
  }

  /** It is done to its end though nobody may wait for it any more: what came of it has to be told. */
  async change(values: Values, author: Author): Promise<Changed | ChannelFailure> {
    const spec = this.#parts.spec();
    if (spec === undefined) return NOT_CONFIGURED;
    const limits = this.#limits(spec);
    return await this.#turns.take(async () => {
      const done = await this.#change(spec, values, author, limits);
      return done.kind === 'failed' ? await this.#tellFailure(done, values, author) : done;
    });
  }

  async #change(
    spec: ApplicationSpec,
    values: Values,
    author: Author,
    limits: Limits,
  ): Promise<Changed | ChannelFailure> {
    if (performance.now() >= limits.endMs)
      return failed('application-unreachable', 'other changes took all of the time that there was');
    const caller = this.#caller(spec);
    const before = await caller.read(limits);
    if ('kind' in before) return before;
    const { actor, command: idempotencyKey } = author;
    const after = await caller.change({ values, actor, idempotencyKey }, limits);
    if ('kind' in after) return withSuggestions(after, before);
    if (after.revision < before.revision) return goneBack(before, after);
    const { revision } = after;
    const changes = Object.entries(values).map(([key, asked]) =>
      changeOf(key, before.values.get(key), after.values.get(key) ?? asked),
    );
    const eventId = await this.#parts.note(
      {
        type: 'application-changed',
        service: this.#parts.service,
        revision,
        changes: changes.map(noted),
      },
      author,
    );
    return { kind: 'changed', revision, changes, eventId };
  }

  async #tellFailure(failure: ChannelFailure, values: Values, author: Author): Promise<ChannelFailure> {
    const { code, reason, effect } = failure;
    const changes = Object.entries(values).map(([key, asked]) => noted(changeOf(key, undefined, asked)));
    const { service } = this.#parts;
    await this.#parts.note(
      { type: 'application-change-failed', service, changes, effect, code, reason },
      author,
    );
    return failure;
  }

  #caller(spec: ApplicationSpec): ApplicationCaller {
    return new ApplicationCaller(spec, this.#parts.lookup);
  }

  #limits({ retryMs }: ApplicationSpec): Limits {
    const { signal, attempts } = this.#parts;
    return { endMs: performance.now() + retryMs, signal, attempts: attempts() };
  }
}

function goneBack(before: Settings, after: Settings): ChannelFailure {
  const reason = `its revision went back from ${before.revision} to ${after.revision}`;
  return failed('application-answer-invalid', reason, { effect: 'unknown' });
}

/** A key that is refused and that there is not may have been meant as one that there is. */
function withSuggestions(failure: ChannelFailure, { values }: Settings): ChannelFailure {
  if (failure.errors.length === 0) return failure;
  const errors = failure.errors.map(({ key, message }): KeyError => {
    const meant = values.has(key) ? '' : didYouMean(key, values.keys()).trimEnd();
    return { key, message: meant === '' ? message : `${message} (${meant})` };
  });
  const sentences = errors.map(({ key, message }) => `${key}: ${message}`);
  return { ...failure, errors, reason: `it refuses ${sentences.join('; ')}` };
}

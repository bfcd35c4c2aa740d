// The events of Bosun being replaced while its services run. Facts in the past tense, as in event.ts; they change no state.

/** What is only noted: that another process image has taken this one's place, or was to. Every service goes on. */
export type ReplacementEvent =
  /** `awayMs`: from the last moment of the engine before it to the first one after it. */
  | { readonly type: 'upgraded'; readonly from: string; readonly to: string; readonly awayMs: number }
  /** Bosun goes on as it was. */
  | { readonly type: 'upgrade-failed'; readonly reason: string }
  /** From an internal error. `lost`: what was under way, in words. */
  | {
      readonly type: 'recovered';
      readonly where: string;
      readonly reason: string;
      readonly awayMs: number;
      readonly lost: readonly string[];
    };

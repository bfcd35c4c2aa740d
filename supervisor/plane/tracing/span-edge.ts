// The beginning and the end of a span, as data.

export type SpanAttributes = Readonly<Record<string, string | number>>;

export type SpanEdge =
  | {
      readonly kind: 'begin';
      /** Of all spans that are open at the time; also its name. */
      readonly key: string;
      /** The key of one that is open; undefined: a trace of its own. */
      readonly parent: string | undefined;
      /** Since the epoch. */
      readonly timeMs: number;
      readonly attributes: SpanAttributes;
    }
  | {
      readonly kind: 'end';
      readonly key: string;
      readonly timeMs: number;
      /** Why it did not end well; empty when it did. */
      readonly error: string;
    };

// Which form of a streamed answer a client asks for.

/** RFC 9110, section 12.5.1: server-sent events are named, and not with a weight of nothing. */
export function wantsEventStream(accept: string | undefined): boolean {
  return (accept ?? '')
    .split(',')
    .some((range) => /^\s*text\/event-stream\s*(;|$)/i.test(range) && !/;\s*q=0(\.0*)?\s*$/i.test(range));
}

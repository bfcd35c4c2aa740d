// Bytes of a streamed answer to lines of text. A line has a bound: the other side may be broken.
import type { IncomingMessage } from 'node:http';

const LONGEST_LINE = 4_194_304;

/** Ends when the answer ends; throws when the connection breaks. Leaving the loop closes the connection. */
export async function* readLines(incoming: IncomingMessage): AsyncGenerator<string, void, undefined> {
  incoming.setEncoding('utf8');
  let rest = '';
  for await (const chunk of incoming) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error('a line of the stream is too long');
    yield* lines;
  }
}

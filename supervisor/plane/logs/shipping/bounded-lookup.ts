// getaddrinfo(3) for the sinks. It holds a thread of libuv's pool for as long as a name server does not answer, and all of Bosun's files are
// read and written by that pool: so only a few at a time.
import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Of four threads. */
const AT_ONCE = 2;

export function createBoundedLookup(): LookupFunction {
  const waiting: (() => void)[] = [];
  let running = 0;
  const next = (): void => {
    while (running < AT_ONCE && waiting.length > 0) {
      running++;
      waiting.shift()?.();
    }
  };
  return (host, options, callback) => {
    waiting.push(() => {
      systemLookup(host, options, (error, address, family) => {
        running--;
        next();
        callback(error, address, family);
      });
    });
    next();
  };
}

// Which socket to talk to: the one that was named, else the first of the usual places where there is one.
import { existsSync } from 'node:fs';
import { candidates } from '../wire/socket-path.ts';
import type { Terminal } from './terminal.ts';

/** When none exists, the first place: the error then names it. */
export function findSocket(named: string | undefined, { environment, uid }: Terminal): string {
  if (named !== undefined) return named;
  const places = candidates(environment, uid);
  return places.find((place) => existsSync(place)) ?? places[0] ?? '/run/bosun/bosun.sock';
}

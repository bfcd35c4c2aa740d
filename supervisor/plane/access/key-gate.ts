// The entrance of a listener with API keys. A connection that was let in by a key ends with that key.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { ApiKeys } from './api-keys.ts';
import { addressOf, refused, type Admission, type Gate } from './gate.ts';

export class KeyGate implements Gate {
  readonly transport = 'api-key';
  readonly #keys: ApiKeys;
  /** Only connections that are open. */
  readonly #letInBy = new Map<Socket, string>();

  constructor(keys: ApiKeys) {
    this.#keys = keys;
    keys.table.onEnded((id) => {
      for (const [socket, key] of this.#letInBy) if (key === id) socket.destroy();
    });
  }

  admit({ headers, socket }: IncomingMessage): Admission {
    const peer = addressOf(socket.remoteAddress);
    const presented = headers['x-api-key'];
    if (typeof presented !== 'string' || presented === '')
      return refused({
        code: 'key-required',
        detail: 'This listener asks for an API key, in the header X-API-Key.',
        peer,
        reason: 'it showed no API key',
      });
    const check = this.#keys.check(presented);
    switch (check.kind) {
      case 'unavailable':
        return refused({
          code: 'keys-unavailable',
          detail: 'The API keys cannot be read at present.',
          peer,
          reason: `the API keys cannot be read: ${check.reason}`,
        });
      case 'unknown':
        return refused({
          code: 'key-refused',
          detail: 'This API key is not known; it may have been revoked or rotated.',
          peer,
          reason: 'its API key is not known',
        });
      case 'known': {
        const { id, name, role } = check.record;
        this.#remember(socket, id);
        const advice =
          'The role belongs to the key: have an admin make one, `bosunctl key create NAME --role ROLE`.';
        const principal = { actor: `key:${id}`, role, peer: `key:${id} ${name} (${peer})`, advice };
        return { kind: 'admitted', principal };
      }
    }
  }

  #remember(socket: Socket, id: string): void {
    if (!this.#letInBy.has(socket)) socket.once('close', () => this.#letInBy.delete(socket));
    this.#letInBy.set(socket, id);
  }
}

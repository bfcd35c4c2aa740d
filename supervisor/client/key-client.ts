// The API keys of a Bosun: who may talk to it over TCP without a certificate. Only an admin may.
import { writeDuration } from '../wire/duration.ts';
import type { KeysView, KeyView, NewKeyView } from '../wire/key-view.ts';
import type { ApiCaller, Cancel, WriteOptions } from './api-caller.ts';

export type KeyRequest = { readonly name: string; readonly role: KeyView['role'] };
/** `overlapMs`: how long the old key stays good beside the new one; undefined: it ends at once. At most a day. */
export type RotateOptions = WriteOptions & { readonly overlapMs?: number | undefined };

/** Every method throws BosunUnreachable or BosunProblem; with `signal`, also its reason. */
export class KeyClient {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** Without the keys themselves, which Bosun does not keep. */
  async list(cancel: Cancel = {}): Promise<KeysView> {
    return (await this.#api.get('/v1/keys', cancel)) as KeysView;
  }

  /** The only answer that has the key itself. */
  async create(request: KeyRequest, options: WriteOptions = {}): Promise<NewKeyView> {
    return (await this.#api.post('/v1/keys', request, options)) as NewKeyView;
  }

  /** A new key with the name and the role of this one. */
  async rotate(id: string, { overlapMs, ...options }: RotateOptions = {}): Promise<NewKeyView> {
    const query = overlapMs === undefined ? '' : `?overlap=${writeDuration(overlapMs)}`;
    return (await this.#api.post(`${keyPath(id)}/rotate${query}`, undefined, options)) as NewKeyView;
  }

  /** From now on it is refused. */
  async revoke(id: string, options: WriteOptions = {}): Promise<KeyView> {
    return (await this.#api.post(`${keyPath(id)}/revoke`, undefined, options)) as KeyView;
  }
}

function keyPath(id: string): string {
  return `/v1/keys/${encodeURIComponent(id)}`;
}

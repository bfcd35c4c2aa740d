// What a service says of itself over sd_notify(3), one datagram taken apart. What is wrong in it is left out by the adapter,
// which also answers BARRIER and refuses FDSTORE; the core hears only what may change something.
import type { Pid } from './names.ts';

export type Notice =
  | { readonly kind: 'ready' }
  | { readonly kind: 'reloading' }
  | { readonly kind: 'stopping' }
  /** For people; bounded by the adapter. */
  | { readonly kind: 'status'; readonly text: string }
  /** Another process of the run is its leader from now on. */
  | { readonly kind: 'main-pid'; readonly pid: Pid }
  /** The start or the stop under way may take this much longer, from now. */
  | { readonly kind: 'extend-timeout'; readonly byMs: number };

// Who causes something, as every event tells it.

/** `uid:0`, `cert:alice`, `key:4f2a`, `signal:SIGTERM`, or `bosun` for what follows from a policy. */
export type Actor = string;

// Takes what must not be seen out of texts that come back from a receiver or from below: it may repeat our own headers.

const MASK = '***';
/** Shorter ones would mask half of any text, and protect nothing. */
const SHORTEST = 4;

export type Conceal = (text: string) => string;

/** `secrets`: header values, and what is in a URL besides its host and path. */
export function createConcealment(url: URL, headers: Readonly<Record<string, string>>): Conceal {
  const values = Object.values(headers);
  const secrets = [...values, ...values.flatMap((value) => value.split(/[\s,;=:]+/)), ...secretsOf(url)]
    .filter((secret) => secret.length >= SHORTEST && !SCHEMES.has(secret.toLowerCase()))
    .sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** Of HTTP authentication: words that a text about it needs. */
const SCHEMES = new Set(['basic', 'bearer', 'digest', 'token', 'apikey']);

function secretsOf({ username, password, search, searchParams }: URL): readonly string[] {
  return [username, password, search, search.slice(1), ...searchParams.values()];
}

/** Without a user and a query. */
export function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

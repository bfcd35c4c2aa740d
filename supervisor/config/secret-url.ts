// A URL that may hold a secret, so that it is never repeated in a message.
import { ok, wrong, type Parsed } from './parsed.ts';

export type UrlRemedies = { readonly whole: string; readonly user: string };

export function parseSecretUrl(value: unknown, { whole, user }: UrlRemedies): Parsed<URL> {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return wrong('is not an http or https URL', whole);
  if (url.username !== '' || url.password !== '') return wrong('has a user in it', user);
  return ok(url);
}

// Which values of a service must not be seen in its log: those of the variables that it names, of
// those whose names look like a secret's, and what is in its files of secrets.
// Nothing here reads a file or looks at a line.
import type { RedactSpec } from './log-spec.ts';
import { looksSecret } from './secret-name.ts';

/** What stands in place of a secret. */
export const MASK = '***';

/** In UTF-8 bytes. Shorter ones would be found in everything; who names a variable wants it all the same. */
export const SHORTEST_GUESSED_BYTES = 6;
export const SHORTEST_NAMED_BYTES = 4;

type Environment = Readonly<Record<string, string | undefined>>;
type SecretHolder = {
  readonly environment: Environment;
  readonly logs: { readonly redact: Pick<RedactSpec, 'names' | 'fileValues'> };
};

/** `scheme://user:password@`, RFC 3986 section 3.2.1. */
const URL_PASSWORD = /\b[a-z][a-z0-9+.\-]*:\/\/[^\s\/:@]*:([^\s\/@]+)@/giv;

/** What switches something on is written in every log. */
const PLAIN_WORDS: ReadonlySet<string> = new Set([
  'always',
  'default',
  'disable',
  'disabled',
  'enable',
  'enabled',
  'optional',
  'required',
]);

/** Of a secret that has several lines, such as a key in PEM: shorter ones are mostly braces and words. */
export const SHORTEST_LINE_BYTES = 12;

/** The values that are masked, the longest first. */
export function secretsOf({ environment, logs }: SecretHolder): readonly string[] {
  const named = logs.redact.names.flatMap((name) => valueOf(environment, name, SHORTEST_NAMED_BYTES));
  const inFiles = logs.redact.fileValues.filter((value) => lengthOf(value) >= SHORTEST_NAMED_BYTES);
  return longestFirst([...named, ...inFiles, ...guessedSecrets(environment)]);
}

/** Of the variables whose names look like a secret's, and the passwords in the URLs of all others; the longest first. */
export function guessSecrets(environments: readonly Environment[]): readonly string[] {
  return longestFirst(environments.flatMap(guessedSecrets));
}

/**
 * A text of Bosun's own that may quote others: `values`, the longest first, as they are and as in JSON. The lines of services go through
 * logs/redaction, which looks for more.
 */
export function maskValues(text: string, values: readonly string[]): string {
  return values.flatMap(quotedForms).reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

function quotedForms(value: string): readonly string[] {
  const forms = [value, JSON.stringify(value).slice(1, -1)];
  const lines = value.includes('\n') ? value.split('\n').map((line) => line.trim()) : [];
  return [...forms, ...lines.filter((line) => lengthOf(line) >= SHORTEST_LINE_BYTES)];
}

function guessedSecrets(environment: Environment): readonly string[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    looksSecret(name)
      ? valueOf(environment, name, SHORTEST_GUESSED_BYTES).filter(isNoPlainWord)
      : passwordsIn(value),
  );
}

function valueOf(environment: Environment, name: string, shortestBytes: number): readonly string[] {
  const value = environment[name]?.trim() ?? '';
  return lengthOf(value) >= shortestBytes ? [value] : [];
}

function isNoPlainWord(value: string): boolean {
  return !PLAIN_WORDS.has(value.toLowerCase());
}

/** As they stand there, and as they are meant. */
function passwordsIn(value: string): readonly string[] {
  if (!value.includes('@')) return [];
  return [...value.matchAll(URL_PASSWORD)]
    .flatMap(([, password = '']) => [password, ...decoded(password)])
    .filter((password) => lengthOf(password) >= SHORTEST_GUESSED_BYTES && isNoPlainWord(password));
}

function decoded(text: string): readonly string[] {
  try {
    return [decodeURIComponent(text)];
  } catch {
    return [];
  }
}

/** One may hold another. */
function longestFirst(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted((a, b) => lengthOf(b) - lengthOf(a));
}

/** In UTF-8, RFC 3629 section 3. */
function lengthOf(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0;
    bytes += 1 + Number(point >= 0x80) + Number(point >= 0x800) + Number(point >= 0x10000);
  }
  return bytes;
}

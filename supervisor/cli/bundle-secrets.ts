// What looks like a secret in a support bundle is masked, in all of its parts: the values of keys and variables in the configuration whose names look
// like a secret's, the same of this process's environment, passwords in URLs. Best effort, by names: docs/how-to/support-bundle.md has the limits.
import { isScalar, parseAllDocuments, visit, type Pair, type YAMLSeq } from 'yaml';
import { maskCommand } from '../core/mask-command.ts';
import { looksSecret } from '../core/secret-name.ts';
import { guessSecrets, MASK, maskValues } from '../core/secrets.ts';
import type { BundlePart } from './bundle-parts.ts';

/** `KEY: value` and `KEY=value` in a text that may not be YAML at all. */
const ASSIGNED = /([A-Za-z_][\w.-]*)(["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}\]]+)/g;
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:)[^\s/@"']+@/gi;

export function maskParts(
  parts: readonly BundlePart[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly BundlePart[] {
  const configuration = parts.filter(isConfiguration).map(({ text }) => environmentIn(text));
  const values = guessSecrets([environment, ...configuration]);
  return parts.map((part) => {
    const text = maskValues(maskCommandLines(part.text), values).replace(URL_PASSWORD, `$1${MASK}@`);
    // By place as well: a short value would be found in everything, and is masked where it stands.
    return { name: part.name, text: isConfiguration(part) ? maskAssigned(text) : text };
  });
}

function isConfiguration({ name }: BundlePart): boolean {
  return name.startsWith('configuration/');
}

/** Every key with a text for its value, every `NAME=value`, and what follows an option such as `--password`. */
function environmentIn(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    if (!('contents' in document)) continue;
    visit(document, {
      Pair: (_, { key, value }: Pair) => {
        if (isScalar(key) && isScalar(value))
          Object.assign(found, credentialIn(String(key.value), String(value.value)));
      },
      Scalar: (_, { value }) => {
        const words = String(value).split(/\s+/);
        Object.assign(found, assignedIn(words), secretWords(words));
      },
      Seq: (_, { items }: YAMLSeq) => {
        Object.assign(found, secretWords(items.filter(isScalar).map(({ value }) => String(value))));
      },
    });
  }
  return found;
}

/** Of `Authorization: Bearer x` also what stands after the scheme: RFC 9110 section 11.4. */
function credentialIn(name: string, value: string): Readonly<Record<string, string>> {
  const [, credential] = /^(?:Basic|Bearer|Token|Digest) (\S.*)$/i.exec(value) ?? [];
  return { [name]: value, ...(credential === undefined ? {} : { [`${name} credential`]: credential }) };
}

function assignedIn(words: readonly string[]): Readonly<Record<string, string>> {
  const pairs = words.flatMap((word) => {
    const [, name, value] = /^-{0,2}([A-Za-z_][\w.-]*)=(.*)$/s.exec(word) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}

/** Words of a command line that are secrets as a whole, each under a name that says so. */
function secretWords(words: readonly string[]): Readonly<Record<string, string>> {
  const masked = maskCommand(words);
  const secret = words.filter((_, index) => masked[index] === MASK);
  return Object.fromEntries(secret.map((word) => [`secret ${word}`, word]));
}

function maskAssigned(text: string): string {
  return text.replace(ASSIGNED, (whole: string, name: string, between: string) =>
    looksSecret(name) ? `${name}${between}${MASK}` : whole,
  );
}

/** In what /proc tells of processes. */
function maskCommandLines(text: string): string {
  return text.replace(
    /("command": )("(?:[^"\\]|\\.)*")/g,
    (_, key: string, json: string) =>
      `${key}${JSON.stringify(maskCommand((JSON.parse(json) as string).split(' ')).join(' '))}`,
  );
}

// A command line as it may be shown: what looks like a secret in it is masked. Best effort, by names and by values that are known;
// docs/how-to/run-jobs.md says what it does not find.
import { looksSecret } from './secret-name.ts';
import { guessSecrets, MASK, maskValues } from './secrets.ts';

/** `scheme://user:password@`, RFC 3986 section 3.2.1. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/gi;
/** A header as one argument: `Authorization: Bearer ...`. */
const HEADER = /^([A-Za-z][\w-]*):\s*\S/;
/** `NAME=value`, `--name=value`. */
const ASSIGNMENT = /^(-{0,2}[A-Za-z][\w.-]*)=./;
const OPTION = /^--?[A-Za-z][\w.-]*$/;

/** `environments`: those whose secret-looking variables have values that must not be shown. */
export function maskCommand(
  command: readonly string[],
  ...environments: readonly Readonly<Record<string, string | undefined>>[]
): readonly string[] {
  const values = guessSecrets(environments);
  return maskWords(command).map((word) => maskValues(word, values));
}

function maskWords(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const before = words[index - 1] ?? '';
    const isValue = OPTION.test(before) && looksSecret(before) && !word.startsWith('-');
    return isValue ? MASK : maskWord(word);
  });
}

function maskWord(word: string): string {
  const header = HEADER.exec(word)?.[1];
  if (header !== undefined && looksSecret(header)) return `${header}: ${MASK}`;
  // A script, as for `sh -c`: word by word.
  if (/\s/.test(word)) return maskScript(word);
  const name = ASSIGNMENT.exec(word)?.[1];
  if (name !== undefined && looksSecret(name)) return `${name}=${MASK}`;
  return word.replaceAll(URL_PASSWORD, `$1${MASK}@`);
}

function maskScript(script: string): string {
  const words = script.split(/\s+/);
  const gaps = script.match(/\s+/g) ?? [];
  return maskWords(words)
    .map((word, index) => word + (gaps[index] ?? ''))
    .join('');
}

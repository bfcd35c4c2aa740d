// Whether a name looks like that of a secret: of a variable, an option, a header. By its words, so that `author` is not `auth`.

const SECRET_WORDS: ReadonlySet<string> = new Set([
  'apikey',
  'auth',
  'authorization',
  'bearer',
  'cookie',
  'credential',
  'credentials',
  'pass',
  'pw',
  'pwd',
  'token',
  'tokens',
]);

/** Also with something before or after it: PGPASSWORD. */
const IN_A_WORD = /passw(or)?d|passphrase|secret/;

/** `key` alone is mostly a file or a map's. */
const BEFORE_KEY: ReadonlySet<string> = new Set([
  'access',
  'account',
  'api',
  'encryption',
  'master',
  'private',
  'secret',
  'shared',
  'signing',
]);

/** Of what is not the secret itself, but where it is, or something about it. */
const NOT_THE_SECRET: ReadonlySet<string> = new Set([
  'algorithm',
  'dir',
  'directory',
  'domain',
  'expires',
  'expiry',
  'file',
  'host',
  'id',
  'length',
  'method',
  'mode',
  'name',
  'path',
  'port',
  'provider',
  'sock',
  'socket',
  'timeout',
  'ttl',
  'type',
  'url',
]);

/** Of the shell's working directories, not of a password. */
const WORKING_DIRECTORIES: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

export function looksSecret(name: string): boolean {
  if (WORKING_DIRECTORIES.has(name)) return false;
  const words = wordsOf(name);
  if (NOT_THE_SECRET.has(words.at(-1) ?? '')) return false;
  return words.some(
    (word, index) =>
      SECRET_WORDS.has(word) ||
      IN_A_WORD.test(word) ||
      (word === 'key' && BEFORE_KEY.has(words[index - 1] ?? '')),
  );
}

/** `dbPassword`, `DB_PASSWORD` and `--db-password` have the same. */
function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

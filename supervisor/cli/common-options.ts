// The options that every command takes, before or after its name: how to reach Bosun, and the form of the output. From this
// one table come the help, docs/reference/cli.md, the variables, and what is the command among the words.
import type { CommandOption } from './command.ts';

export type CommonOption = CommandOption & {
  /** Stands for the option when that is not given. */
  readonly variable?: string;
};

export const COMMON_OPTIONS: readonly CommonOption[] = [
  { flags: '--socket <path>', help: "Bosun's control socket on this machine", variable: 'BOSUN_SOCKET' },
  {
    flags: '-a, --address <host>',
    help: 'go over the network to this name or address',
    variable: 'BOSUN_ADDRESS',
  },
  { flags: '-p, --port <number>', help: 'the port there', variable: 'BOSUN_PORT' },
  { flags: '-c, --certificate <file>', help: 'your certificate, PEM', variable: 'BOSUN_CERTIFICATE' },
  { flags: '-k, --key <file>', help: 'its private key, PEM', variable: 'BOSUN_KEY' },
  {
    flags: '-C, --certificate-authority <file>',
    help: "who has signed the server's certificate, PEM",
    variable: 'BOSUN_CERTIFICATE_AUTHORITY',
  },
  {
    flags: '--server-name <name>',
    help: "the name in the server's certificate, when it is not the address",
    variable: 'BOSUN_SERVER_NAME',
  },
  {
    flags: '--trust-on-first-use',
    help: 'without an authority: remember the certificate, refuse another one later',
    variable: 'BOSUN_TRUST_ON_FIRST_USE',
  },
  {
    flags: '--api-key-file <file>',
    help: 'file with an API key (the key itself: $BOSUN_API_KEY)',
    variable: 'BOSUN_API_KEY_FILE',
  },
  {
    flags: '--plaintext',
    help: 'no TLS: whoever is on the way can read all of it, the API key too',
    variable: 'BOSUN_PLAINTEXT',
  },
  { flags: '--json', help: 'machine-readable output' },
];

const TAKES_VALUE: ReadonlySet<string> = new Set(
  COMMON_OPTIONS.filter(({ flags }) => flags.includes('<')).flatMap(({ flags }) =>
    flags.replace(/ <.*/, '').split(', '),
  ),
);

/** The first word that is neither an option nor the value of one. */
export function calledCommand(words: readonly string[]): string | undefined {
  return words.find((word, index) => !word.startsWith('-') && !TAKES_VALUE.has(words[index - 1] ?? ''));
}

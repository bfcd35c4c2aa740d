// What to do next when Bosun cannot be reached, by the code of the client library: docs/how-to/client-library.md has the same
// codes. Here the advice is in terms of the options of bosunctl.
import { EXIT, type ExitCode } from './exit-code.ts';

type Advice = { readonly exitCode: ExitCode; readonly next: string };

export function adviseUnreachable(code: string, where: string): Advice {
  const next = ADVICE[code] ?? (where.includes('/') ? AT_SOCKET : ON_NETWORK)[code] ?? LAST_RESORT;
  return { exitCode: EXIT_CODES[code] ?? EXIT.unreachable, next };
}

/** Refused by the other side is not allowed; what we refuse, or cannot do, is not reachable. */
const EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  'certificate-refused': EXIT.notAllowed,
  'certificate-required': EXIT.notAllowed,
  'bad-credentials': EXIT.usage,
};

const LAST_RESORT = "Try again; if it stays so, see Bosun's own log lines.";

const AT_SOCKET: Readonly<Record<string, string>> = {
  ENOENT: 'Is Bosun running here? Name its socket with --socket PATH or BOSUN_SOCKET.',
  ECONNREFUSED: 'The socket is there, but nobody listens: Bosun has ended. Start it again.',
};

const CHECK_PLACE = 'Check --address and --port, and `listeners:` in the bosun.yaml of that Bosun.';

const ON_NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: CHECK_PLACE,
  ENOTFOUND: 'Check --address.',
  ECONNRESET: 'A port with TLS is asked without --plaintext, and with --certificate-authority FILE.',
};

const ADVICE: Readonly<Record<string, string>> = {
  'certificate-untrusted':
    'Give the authority that signed it with --certificate-authority FILE, or ask who runs that Bosun.',
  'certificate-expired': 'Whoever runs that Bosun has to renew it. Is the clock of this machine right?',
  'certificate-not-yet-valid': 'Is the clock of this machine right, and that of the authority?',
  'name-mismatch': 'Use an --address that it is for, or say its name: --server-name NAME.',
  'certificate-refused':
    'It has to be signed by the authority of that Bosun, to be valid now, not revoked, and to have observe, control or admin as its OU.',
  'certificate-required': 'Give yours with --certificate FILE and --key FILE.',
  'tls-version': 'Nothing older than TLS 1.3 is spoken. Is this the port of a Bosun?',
  'not-tls': 'Check --port. A listener without TLS is asked with --plaintext.',
  'tls-expected': 'Leave out --plaintext, and give --certificate-authority FILE.',
  'not-bosun': CHECK_PLACE,
  'connect-timeout': 'Is there a firewall between? Check --address and --port.',
  'answer-timeout': 'The control plane may be overloaded; see the log lines of that Bosun.',
  'fingerprint-changed':
    'Ask who runs that Bosun, over another way. If the new one is right, remove its line from the file, and try again.',
  'known-hosts': 'Correct or remove the file, or give --certificate-authority FILE instead.',
  'bad-credentials': 'Is the key that of the certificate, and not encrypted? All of them have to be PEM.',
};

// From what Node and OpenSSL say when a connection fails to what is wrong, in words. With TLS 1.3 a server refuses the
// certificate of its client only when the client thinks that the handshake is over (RFC 8446, 4.4.2.4 and appendix E.1.2): then
// an alert comes, or the connection is gone, in place of the answer.
import type { UnreachableCause } from './failure.ts';
import type { Target } from './target.ts';

/** What was going on: the connection was being made, or the answer was waited for. */
export type Phase = 'connecting' | 'asking';

export function causeOf(target: Target, phase: Phase, error: NodeJS.ErrnoException): UnreachableCause {
  const code = error.code ?? '';
  return (
    (target.kind === 'tls' ? tlsCause(target, phase, code, error) : undefined) ??
    (target.kind === 'plaintext' ? plaintextCause(phase, code) : undefined) ??
    (code.startsWith('HPE_') ? NOT_HTTP : undefined) ?? {
      code: code === '' ? 'unknown' : code,
      reason: target.kind === 'socket' ? code || error.message : describeErrno(code, error),
    }
  );
}

const NOT_HTTP: UnreachableCause = { code: 'not-bosun', reason: 'what answers there does not speak HTTP' };

const ERRNOS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens at this port (ECONNREFUSED)',
  ENOTFOUND: 'there is no host of this name (ENOTFOUND)',
  EAI_AGAIN: 'the name cannot be looked up now (EAI_AGAIN)',
  EHOSTUNREACH: 'no route leads to this host (EHOSTUNREACH)',
  ENETUNREACH: 'no route leads to this network (ENETUNREACH)',
  ETIMEDOUT: 'the host does not answer (ETIMEDOUT)',
  ECONNRESET: 'the connection was closed before there was an answer (ECONNRESET)',
};

function describeErrno(code: string, { message }: Error): string {
  return ERRNOS[code] ?? (code === '' ? message : `${message} (${code})`);
}

function tlsCause(
  target: Extract<Target, { kind: 'tls' }>,
  phase: Phase,
  code: string,
  error: Error,
): UnreachableCause | undefined {
  const ofServer = serverCertificateCause(code, error);
  if (ofServer !== undefined) return ofServer;
  if (/^ERR_SSL_.*(ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL)/.test(code))
    return { code: 'tls-version', reason: 'the server does not speak TLS 1.3' };
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)/.test(code))
    return { code: 'not-tls', reason: 'the server does not speak TLS at this port' };
  const refusal = /ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code);
  if (refusal || (phase === 'asking' && isBroken(code))) return refusedCause(target, code, refusal);
  return undefined;
}

function refusedCause(
  { identity }: Extract<Target, { kind: 'tls' }>,
  code: string,
  refusal: boolean,
): UnreachableCause {
  if (identity === undefined)
    return {
      code: 'certificate-required',
      reason: refusal
        ? 'the server wants a certificate of yours'
        : 'the server closed the connection after the handshake: it may want a certificate of yours',
    };
  const why = code
    .replace(/^.*ALERT_/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
  return {
    code: 'certificate-refused',
    reason: refusal
      ? `the server did not accept your certificate (${why})`
      : 'the server did not accept your certificate: it closed the connection after the handshake',
  };
}

function serverCertificateCause(code: string, error: Error): UnreachableCause | undefined {
  if (code === 'CERT_HAS_EXPIRED')
    return { code: 'certificate-expired', reason: 'the certificate of the server has expired' };
  if (code === 'CERT_NOT_YET_VALID')
    return { code: 'certificate-not-yet-valid', reason: 'the certificate of the server is not valid yet' };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      code: 'name-mismatch',
      reason: `the certificate of the server is for another name: ${namesIn(error)}`,
    };
  if (UNTRUSTED.has(code))
    return {
      code: 'certificate-untrusted',
      reason: 'the certificate of the server is not from the authority that you trust',
    };
  return undefined;
}

/** X509 verification results, as Node names them: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

/** Node: "Hostname/IP does not match certificate's altnames: REASON". */
function namesIn({ message }: Error): string {
  return message.replace(/^.*altnames: /, '').replace(/\.$/, '');
}

/** A TLS server answers a plain request by an alert, which is no HTTP, or by closing. */
function plaintextCause(phase: Phase, code: string): UnreachableCause | undefined {
  if (code.startsWith('HPE_'))
    return { code: 'tls-expected', reason: 'the server does not answer in plain HTTP: it may want TLS' };
  if (phase === 'asking' && isBroken(code))
    return {
      code,
      reason: `the server closed the connection without an answer (${code}): it may want TLS`,
    };
  return undefined;
}

function isBroken(code: string): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

// Why a handshake came to nothing, in words: who knocked on a listener with TLS and was not let in. Undefined where it was not we
// who refused: a peer that hung up, such as a check of the port, or one that did not like our certificate.
import type { TLSSocket } from 'node:tls';

/** Of X509_verify_cert_error_string(3), as Node names them. */
const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not yet valid',
  CERT_REVOKED: 'its certificate is revoked',
  CRL_HAS_EXPIRED: 'the revocation list of its authority has expired: give the listener the new one',
  CRL_NOT_YET_VALID: 'the revocation list of its authority is not yet valid',
  CRL_SIGNATURE_FAILURE: 'the revocation list of its authority has a wrong signature',
  UNABLE_TO_GET_CRL: 'there is no revocation list of its authority: give the listener one of each authority',
  INVALID_PURPOSE: 'its certificate is not one for clients',
};

const UNKNOWN_AUTHORITY = 'no authority that is trusted here has signed its certificate';
const AUTHORITY_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
]);

/** Of OpenSSL and of Node itself. */
const HANDSHAKE_REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'it showed no certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it does not speak TLS 1.3',
  ERR_SSL_HTTP_REQUEST: 'it speaks HTTP without TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
  ERR_SSL_RECORD_LAYER_FAILURE: 'it does not speak TLS',
  ERR_SSL_CERT_VERIFY_FAILED: 'its certificate does not go with its key',
  ERR_SSL_BAD_SIGNATURE: 'its certificate does not go with its key',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'its handshake took too long',
};

export function refusalOf(error: Error, socket: TLSSocket): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const verification = verificationError(socket);
  if (verification !== undefined) return certificateReason(verification);
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.includes('_ALERT_')) return undefined;
  return HANDSHAKE_REASONS[code] ?? `its handshake failed: ${code}`;
}

/** Node types it as an Error and gives a code. */
function verificationError(socket: TLSSocket): string | undefined {
  const found: unknown = socket.authorizationError;
  return typeof found === 'string' ? found : undefined;
}

function certificateReason(code: string): string {
  if (AUTHORITY_CODES.has(code)) return UNKNOWN_AUTHORITY;
  return CERTIFICATE_REASONS[code] ?? `its certificate is not good: ${code}`;
}

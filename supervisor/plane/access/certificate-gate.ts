// The entrance of a listener with mutual TLS. That an authority of ours has signed the certificate, that it was valid and not on a
// revocation list has been seen to by the handshake; here is who it is for, and what may have changed since.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { addressOf, refused, type Admission, type Gate } from './gate.ts';
import { readSubject } from './certificate-subject.ts';

/** setTimeout(3) of Node has 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Shown = { readonly admission: Admission; readonly expiresAtMs: number };

export class CertificateGate implements Gate {
  readonly transport = 'tls';
  readonly #denied: ReadonlySet<string>;
  readonly #open = new Map<Socket, Shown>();

  /** Common names, and serial numbers in upper-case hexadecimal. */
  constructor(denied: readonly string[]) {
    this.#denied = new Set(denied);
  }

  /** A connection whose handshake is complete. It ends with its certificate. */
  accept(socket: TLSSocket): void {
    const shown = this.#look(socket);
    this.#open.set(socket, shown);
    let timer: NodeJS.Timeout | undefined;
    const endInTime = (): void => {
      const leftMs = shown.expiresAtMs - Date.now();
      // Also when the date of the certificate cannot be read.
      if (!(leftMs > 0)) socket.destroy();
      else timer = setTimeout(endInTime, Math.min(leftMs, LONGEST_TIMER_MS));
    };
    endInTime();
    socket.once('close', () => {
      clearTimeout(timer);
      this.#open.delete(socket);
    });
  }

  admit({ socket }: IncomingMessage): Admission {
    const shown = this.#open.get(socket);
    const peer = addressOf(socket.remoteAddress);
    if (shown === undefined) return invalid(peer, 'its connection is closed');
    // The wall clock may have been set since the timer was.
    if (shown.expiresAtMs > Date.now()) return shown.admission;
    return invalid(peer, 'its certificate has expired since it connected');
  }

  /** Whom to trust has changed: each has to show its certificate anew. How many. */
  cutAll(): number {
    const count = this.#open.size;
    for (const socket of this.#open.keys()) socket.destroy();
    return count;
  }

  #look(socket: TLSSocket): Shown {
    const certificate = socket.getPeerCertificate();
    const expiresAtMs = Date.parse(certificate.valid_to);
    const subject = readSubject(certificate);
    const address = addressOf(socket.remoteAddress);
    const peer = subject.name === undefined ? address : `cert:${subject.name} (${address})`;
    if (this.#isDenied(certificate.serialNumber, subject.name))
      return { admission: invalid(peer, 'its certificate is on the deny list'), expiresAtMs };
    if (subject.kind === 'unclear') return { admission: invalid(peer, subject.reason), expiresAtMs };
    const { name, role } = subject;
    const advice = 'The OU of a certificate is its role: have one issued with that OU.';
    return {
      admission: { kind: 'admitted', principal: { actor: `cert:${name}`, role, peer, advice } },
      expiresAtMs,
    };
  }

  #isDenied(serial: string, name: string | undefined): boolean {
    return this.#denied.has(serial) || (name !== undefined && this.#denied.has(name));
  }
}

function invalid(peer: string, reason: string): Admission {
  const detail = `Your certificate gives no role: ${reason}.`;
  return refused({ code: 'certificate-refused', detail, peer, reason });
}

// One TCP listener of bosun.yaml: takes its port and keeps trying when it cannot, shows who may come in to its gate, and reads its
// certificates again when they change. No error of it reaches the thread.
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Socket, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ListenerSpec } from '../../core/control-access.ts';
import { LIMITED_SERVER, limitConnections } from '../api/connection-limits.ts';
import type { OwnLog } from '../logs/own-log.ts';
import type { ApiKeys } from './api-keys.ts';
import { CertificateGate } from './certificate-gate.ts';
import { FileWatch } from './file-watch.ts';
import { addressOf, type Gate } from './gate.ts';
import { withHostChecked } from './host-check.ts';
import { KeyGate } from './key-gate.ts';
import { messageOf } from './key-file.ts';
import { publicGate } from './public-gate.ts';
import type { Note, Refusals } from './refusals.ts';
import { allPaths, readTls, tlsPathsOf, type TlsMaterial, type TlsPaths } from './tls-files.ts';
import { refusalOf } from './tls-refusal.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 15_000;
/** A handshake is two small messages; Node would wait for two minutes. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export type TcpListenerOptions = {
  readonly spec: ListenerSpec;
  readonly mostConnections: number;
  readonly keys: ApiKeys;
  readonly serve: (server: Server, gate: Gate) => void;
  readonly refusals: Refusals;
  readonly note: Note;
  readonly log: OwnLog;
};

export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #paths: TlsPaths | undefined;
  readonly #certificates: CertificateGate | undefined;
  readonly #gate: Gate;
  readonly #watch: FileWatch | undefined;
  #server: Server | undefined;
  #material: { readonly tls: TlsMaterial; readonly text: string } | undefined;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #told = '';
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
    const { authentication, hosts } = options.spec;
    this.#paths = tlsPathsOf(authentication);
    if (authentication.kind === 'certificate')
      this.#certificates = new CertificateGate(authentication.denied);
    const gate =
      this.#certificates ?? (authentication.kind === 'api-key' ? new KeyGate(options.keys) : publicGate);
    const names = new Set(hosts.map((name) => name.toLowerCase()));
    this.#gate = withHostChecked(
      gate,
      (name) => names.has(name) || this.#material?.tls.certificate.checkHost(name) !== undefined,
    );
    if (this.#paths !== undefined)
      this.#watch = new FileWatch(allPaths(this.#paths), () => {
        this.#inTurn(() => (this.#server === undefined ? this.#begin() : this.#reload()));
      });
  }

  get servers(): readonly Server[] {
    return this.#server === undefined ? [] : [this.#server];
  }

  listen(): void {
    this.#inTurn(() => this.#begin());
  }

  /** Takes no more connections; those that are there are HttpService's to end. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#watch?.close();
    this.#server?.close();
  }

  async #begin(): Promise<void> {
    if (this.#closed || this.#server !== undefined) return;
    clearTimeout(this.#retry);
    try {
      await this.#prepare();
      this.#server = await this.#bind();
      this.#retryMs = FIRST_RETRY_MS;
      this.#told = '';
      this.#sayListening(this.#server);
      if (this.#isClosed()) this.#server.close();
    } catch (error) {
      this.#beginLater(messageOf(error));
    }
  }

  async #prepare(): Promise<void> {
    const { spec, keys } = this.#options;
    // Before they are read, so that no change goes by.
    await this.#lookAtFiles();
    if (spec.authentication.kind === 'api-key') {
      const failure = await keys.open();
      if (failure !== undefined) throw new Error(`the API keys cannot be had: ${failure}`);
    }
    if (this.#paths === undefined) return;
    const reading = await readTls(this.#paths);
    if (reading.kind === 'broken') throw new Error(reading.reason);
    this.#material = { tls: reading.material, text: reading.text };
  }

  async #bind(): Promise<Server> {
    const { spec, serve } = this.#options;
    const server = this.#createServer();
    serve(server, this.#gate);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(spec.port, spec.address, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => {
      this.#options.log({ level: 'error', text: `the listener ${spec.name} failed: ${error.message}` });
    });
    return server;
  }

  #createServer(): Server {
    const material = this.#material?.tls;
    const server = material === undefined ? createServer(LIMITED_SERVER) : this.#createTlsServer(material);
    limitConnections(server, undefined, material === undefined ? 'connection' : 'secureConnection');
    server.maxConnections = this.#options.mostConnections;
    server.on('drop', (drop) => {
      this.#tell(drop?.remoteAddress, 'there are too many connections');
    });
    return server;
  }

  #createTlsServer({ options }: TlsMaterial): Server {
    const isMutual = this.#certificates !== undefined;
    const server = createTlsServer({
      ...LIMITED_SERVER,
      ...options,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
    });
    // First: what is refused is gone before anybody writes an answer to it.
    server.prependListener('tlsClientError', (error, socket) => {
      const reason = refusalOf(error, socket);
      if (reason !== undefined) this.#tell(addressBelow(socket), reason);
      socket.destroy();
    });
    // Asked for once, a socket remembers it; Node has closed it by the time that it says why.
    server.prependListener('connection', (socket) => socket.remoteAddress);
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      this.#certificates?.accept(socket);
    });
    return server;
  }

  #tell(remoteAddress: string | undefined, reason: string): void {
    const { transport } = this.#gate;
    this.#options.refusals.tell({ transport, peer: addressOf(remoteAddress), action: 'connect', reason });
  }

  async #reload(): Promise<void> {
    if (this.#closed || this.#paths === undefined || this.#material === undefined) return;
    await this.#lookAtFiles();
    const reading = await readTls(this.#paths);
    if (reading.kind === 'broken') {
      this.#sayReloaded('kept', reading.reason);
      return;
    }
    if (reading.text === this.#material.text) return;
    const before = this.#material;
    this.#material = { tls: reading.material, text: reading.text };
    this.#told = '';
    if (this.#server !== undefined && 'setSecureContext' in this.#server)
      (this.#server as ReturnType<typeof createTlsServer>).setSecureContext(reading.material.options);
    const isTrustSame = reading.material.trust === before.tls.trust;
    const cut = isTrustSame ? 0 : (this.#certificates?.cutAll() ?? 0);
    this.#sayReloaded(
      'loaded',
      cut === 0 ? '' : `${cut} connections were cut, to show their certificates anew`,
    );
  }

  async #lookAtFiles(): Promise<void> {
    const failures = (await this.#watch?.look()) ?? [];
    const { spec, log } = this.#options;
    for (const failure of failures)
      log({
        level: 'error',
        text: `changes of the certificates of ${spec.name} will not be seen: ${failure}`,
      });
  }

  #sayListening(server: Server): void {
    const { spec, log } = this.#options;
    const { address, port, family } = server.address() as AddressInfo;
    const scheme = this.#material === undefined ? 'http' : 'https';
    const host = family === 'IPv6' ? `[${address}]` : address;
    log({ level: 'info', text: `listener ${spec.name}: ${scheme}://${host}:${port}` });
  }

  /** Once for each reason: it may take long until somebody mends it. */
  #sayReloaded(outcome: 'loaded' | 'kept', detail: string): void {
    if (outcome === 'kept' && this.#told === detail) return;
    this.#told = detail;
    const { spec, note } = this.#options;
    note({ type: 'certificates-reloaded', listener: spec.name, outcome, detail }, 'bosun');
  }

  #beginLater(reason: string): void {
    if (this.#closed) return;
    const { spec, note } = this.#options;
    if (this.#told !== reason) note({ type: 'listener-failed', listener: spec.name, reason }, 'bosun');
    this.#told = reason;
    this.#retry = setTimeout(() => {
      this.listen();
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  }

  /** Again, because it may have been closed while we waited. */
  #isClosed(): boolean {
    return this.#closed;
  }

  /** One after the other; none of them rejects. */
  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#beginLater(messageOf(error));
    });
  }
}

/** Of the TCP socket that it is made of, for which Node has no public name. */
function addressBelow(socket: TLSSocket): string | undefined {
  const below: unknown = '_parent' in socket ? socket._parent : undefined;
  return below instanceof Socket ? below.remoteAddress : socket.remoteAddress;
}

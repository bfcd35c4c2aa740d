// Serves the API: on the control socket, and on the listeners of bosun.yaml. Which transport has which entrance is decided here.
import type { PeerCredentials, PeerGroups } from '../ports.ts';
import { Refusals } from '../access/refusals.ts';
import { SocketGate } from '../access/socket-gate.ts';
import type { TcpListener } from '../access/tcp-listener.ts';
import { mostConnections } from './connection-budget.ts';
import type { ApiContext } from './context.ts';
import { ControlSocket } from './control-socket.ts';
import { HttpService } from './http-service.ts';

export type ApiServerOptions = {
  readonly context: ApiContext;
  readonly peerCredentials: PeerCredentials;
  readonly peerGroups: PeerGroups;
  readonly onListening: (socketPath: string) => void;
};

export class ApiServer {
  readonly #context: ApiContext;
  readonly #refusals: Refusals;
  readonly #service: HttpService;
  readonly #socket: ControlSocket;
  #listeners: readonly TcpListener[] = [];
  #closed = false;

  constructor({ context, peerCredentials, peerGroups, onListening }: ApiServerOptions) {
    this.#context = context;
    const { ownUid, socketRules, socketPath } = context.settings;
    this.#refusals = new Refusals(context.note);
    this.#service = new HttpService(context, this.#refusals);
    const gate = new SocketGate({ peerCredentials, peerGroups, ownUid, rules: socketRules });
    this.#socket = new ControlSocket({
      path: socketPath,
      audience: socketRules.length === 0 ? 'own' : 'ruled',
      serve: (server) => {
        this.#service.serve(server, gate);
      },
      isAdmin: (socket) => gate.isAdmin(socket),
      onListening,
      log: context.log,
    });
  }

  /** Never rejects: each transport that cannot be had says so and tries again by itself. */
  async listen(): Promise<void> {
    await Promise.all([this.#socket.listen(), this.#openListeners()]);
  }

  /** Lets the answers that are under way end, cuts off the rest, removes the socket. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    const leaving = this.#socket.close();
    const servers = [this.#socket.server, ...this.#listeners.flatMap((listener) => listener.servers)];
    await Promise.all([leaving, this.#service.close(servers)]);
    this.#context.keys.table.close();
    this.#refusals.flush();
  }

  async #openListeners(): Promise<void> {
    const { settings, keys, note, log } = this.#context;
    if (settings.listeners.length === 0) return;
    // Loaded here: most have no use for TLS, and do not pay for it.
    const { TcpListener: Listener } = await import('../access/tcp-listener.ts');
    if (this.#closed) return;
    const most = mostConnections(settings.listeners.length);
    this.#listeners = settings.listeners.map(
      (spec) =>
        new Listener({
          spec,
          mostConnections: most,
          keys,
          serve: (server, gate) => {
            this.#service.serve(server, gate);
          },
          refusals: this.#refusals,
          note,
          log,
        }),
    );
    for (const listener of this.#listeners) listener.listen();
  }
}

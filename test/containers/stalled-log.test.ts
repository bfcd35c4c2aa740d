// A log driver that stalls: Docker's syslog driver over TCP, to a server that stops reading. The engine then blocks on it, the pipe
// of the container fills up, and Bosun has nobody who takes what it writes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { within } from '../support/deadline.ts';
import { OutputLines } from '../support/output-lines.ts';
import { BosunContainer } from './support/bosun-container.ts';
import { withEngine } from './support/docker.ts';
import { IDLE } from './support/services.ts';

/** More than the buffers on the way hold, then a file that says so. */
const FLOOD = `command: [sh, -c, 'yes ${'x'.repeat(200)} | head -n 400000; touch /run/flooded; exec sleep infinity']\n`;

describe('a log driver that stalls', withEngine, () => {
  it('holds up neither services nor control; what is lost is counted, and told when it reads again', async () => {
    await using syslog = await StallingSyslog.listen();
    await using container = await BosunContainer.start({
      services: { flood: FLOOD, idle: IDLE },
      docker: ['--log-driver', 'syslog', '--log-opt', `syslog-address=tcp://127.0.0.1:${syslog.port}`],
    });
    // The engine cannot remove a container whose log it cannot write.
    using connection = await syslog.connection();
    await container.reaches('idle', 'running');
    await container.shell('until [ -e /run/flooded ]; do sleep 0.05; done');
    const before = await container.status('idle');
    const restarted = await container.ctl('restart', 'idle');
    assert.equal(restarted.code, 0, restarted.stderr);
    assert.notEqual((await container.reaches('idle', 'running')).pid, before.pid);
    const dropped = await droppedLines(container);
    assert.ok(dropped > 0, 'it did not stall');
    const lines = connection.read();
    const told = await lines.line(/log lines were dropped/, 30_000);
    assert.ok(Number(/"dropped":(\d+)/.exec(told)?.[1]) >= dropped, told);
    await container.ctl('stop', 'idle');
    await lines.line(/idle is stopping/);
    assert.equal((await container.stop()).code, 0);
    await lines.line(/shutdown-finished/);
  });
});

async function droppedLines(container: BosunContainer): Promise<number> {
  const { stdout } = await container.ctl('health', '--json');
  return (JSON.parse(stdout) as { dropped_log_lines: number }).dropped_log_lines;
}

/** Takes connections and reads nothing of them until somebody listens to one. */
class StallingSyslog implements AsyncDisposable {
  readonly #server: Server;
  readonly #first: Promise<Socket>;

  private constructor(server: Server) {
    this.#server = server;
    this.#first = once(server, 'connection').then(([socket]: Socket[]) => {
      if (socket === undefined) throw new Error('a connection has a socket');
      return socket;
    });
  }

  static async listen(): Promise<StallingSyslog> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StallingSyslog(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async connection(): Promise<{ read: () => OutputLines } & Disposable> {
    const socket = await within('the log driver to connect', this.#first);
    return {
      read: () => {
        const lines = new OutputLines(socket);
        socket.resume();
        return lines;
      },
      [Symbol.dispose]: () => {
        socket.resume();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#first).destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

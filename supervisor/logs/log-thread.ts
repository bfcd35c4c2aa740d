// The logs' thread: waits in the kernel for pipes, for standard output and for its bell, and does what is due. One turn after the other, all of
// it synchronous; nothing here may wait for anything else, or call into libuv's loop.
import { readSync } from 'node:fs';
import { openLogBoard, WORD, type LogBoard } from '../core/log-board.ts';
import type { FromLogs, LogReply, LogRequest, ToLogs } from '../core/log-message.ts';
import { BackPressure } from './back-pressure.ts';
import { monotonicMs } from './monotonic-clock.ts';
import { Followers } from './followers.ts';
import type { Output } from './open-stdout.ts';
import { OwnLines } from './own-lines.ts';
import { Outputs } from './outputs.ts';
import { Pipes } from './pipes.ts';
import type { LogPorts, StoreObserver } from './ports.ts';
import { createSpool } from './spool/spool.ts';
import { Staging } from './staging.ts';
import { StdoutSink } from './stdout-sink.ts';

export type LogThreadOptions = {
  readonly engine: MessagePort;
  readonly output: Output;
  readonly ports: LogPorts;
};

const NEWLINE = 0x0a;

type Begin = Extract<ToLogs, { type: 'begin' }>;
type Parts = {
  readonly board: LogBoard;
  readonly bell: number;
  readonly stdout: StdoutSink;
  readonly outputs: Outputs;
  readonly pipes: Pipes;
  readonly pressure: BackPressure;
  readonly own: OwnLines;
};

export class LogThread {
  readonly #options: LogThreadOptions;
  readonly #followers = new Followers((reply) => {
    this.#reply(reply);
  });
  #parts: Parts | undefined;
  #reader: MessagePort | undefined;
  #life: 'working' | 'ended' = 'working';

  constructor(options: LogThreadOptions) {
    this.#options = options;
  }

  /** Comes back when the thread is to end. */
  run(): void {
    // What was posted before the thread was there.
    this.#receive();
    while (this.#life === 'working') {
      if (this.#parts === undefined) throw new Error('the first message to the logs is begin');
      this.#turn(this.#parts);
    }
  }

  #turn(parts: Parts): void {
    const { board, bell, stdout, outputs, pipes } = parts;
    const { poll } = this.#options.ports;
    const dueMs = Math.min(
      stdout.retryAtMs - monotonicMs(),
      Math.min(outputs.dueAtMs, pipes.dueAtMs) - Date.now(),
    );
    const ready = poll.wait(Math.max(0, Math.min(pipes.takeWaitMs(), dueMs)));
    if (ready.includes(bell)) {
      hush(bell);
      this.#receive();
    }
    if (board.words[WORD.quit] === 1) this.#life = 'ended';
    if (this.#life === 'ended') return;
    const { fd } = this.#options.output;
    if (ready.includes(fd) || stdout.retryAtMs <= monotonicMs()) stdout.flush();
    takeOwn(parts);
    pipes.read(ready);
    pipes.tick(Date.now());
    outputs.tick(Date.now());
  }

  #receive(): void {
    const { receive } = this.#options.ports;
    for (let message = receive(this.#options.engine); message !== undefined;) {
      this.#onMessage(message as ToLogs);
      message = receive(this.#options.engine);
    }
    this.#receiveRequests();
  }

  #receiveRequests(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const { receive } = this.#options.ports;
    for (let request = receive(reader); request !== undefined; request = receive(reader))
      this.#onRequest(request as LogRequest);
  }

  #onMessage(message: ToLogs): void {
    switch (message.type) {
      case 'begin':
        this.#begin(message);
        return;
      case 'sources':
        this.#parts?.outputs.serve(message.sources);
        this.#parts?.pipes.reconfigured();
        return;
      case 'lend':
        this.#parts?.pipes.lend(message.pipe);
        return;
      case 'reader':
        this.#followers.clear();
        this.#reader?.close();
        this.#reader = message.port;
        return;
      case 'finish':
        this.#finish(message);
        return;
      case 'break':
        throw new Error("fault injection: the logs' thread was told to throw");
    }
  }

  #begin({ board: shared, bell, settings, sinks }: Begin): void {
    const { ports, output } = this.#options;
    const board = openLogBoard(shared);
    const staging = new Staging(board, sinks);
    const post = (message: FromLogs): void => {
      ports.post(message);
    };
    const pressure = new BackPressure(board, (change) => {
      pipes.setPressure(change);
    });
    const stdout: StdoutSink = new StdoutSink({
      fd: output.fd,
      board,
      poll: ports.poll,
      pressure,
      lossNotice: (lines, errno) => outputs.lossNotice(lines, errno),
      onTrouble: (errno) => {
        post({ type: 'output-failed', errno });
      },
    });
    const outputs: Outputs = new Outputs({
      settings,
      terminal: output.terminal,
      stdout,
      spool: createSpool(settings, observeSpool(post), sinks),
      post,
      reply: (reply) => {
        this.#reply(reply);
      },
      tellFollowers: (block, end) => {
        this.#followers.tell(block, end);
      },
    });
    const pipes = new Pipes({
      ports,
      staging,
      outputOf: (service) => outputs.of(service),
      left: (service) => {
        outputs.left(service);
      },
    });
    ports.poll.watch(bell, 'readable');
    this.#parts = { board, bell, stdout, outputs, pipes, pressure, own: new OwnLines(board) };
    // What a former thread has left.
    pressure.resume();
    stdout.flush();
  }

  #onRequest(request: LogRequest): void {
    switch (request.type) {
      case 'read':
        this.#reply({
          type: 'newest',
          id: request.id,
          blocks: this.#parts?.outputs.newest(request.services, request.lines) ?? [],
        });
        if (request.follow === 'follow') this.#followers.add(request.id, request.services);
        return;
      case 'taken':
        this.#followers.taken(request.id, request.bytes);
        return;
      case 'unfollow':
        this.#followers.remove(request.id);
        return;
      case 'watch':
        this.#followers.watch(request.service, request.seen, this.#parts?.outputs.momentOf(request.service));
        return;
    }
  }

  #finish({ limitMs, unfinished }: Extract<ToLogs, { type: 'finish' }>): void {
    if (this.#parts === undefined) return;
    const { pipes, stdout, outputs, pressure } = this.#parts;
    const untilMs = performance.now() + limitMs;
    while (pipes.takeAll(untilMs) === 'held' && performance.now() < untilMs)
      this.#waitToFlush(stdout, untilMs);
    if (unfinished === 'write') {
      pressure.shed();
      pipes.giveOutUnfinished();
    }
    takeOwn(this.#parts);
    while (!stdout.isEmpty && performance.now() < untilMs) this.#waitToFlush(stdout, untilMs);
    outputs.close();
    this.#options.ports.post({ type: 'flushed' });
    this.#life = 'ended';
  }

  #waitToFlush(stdout: StdoutSink, untilMs: number): void {
    this.#options.ports.poll.wait(Math.max(0, Math.min(5, untilMs - performance.now())));
    stdout.flush();
  }

  #reply(reply: LogReply): void {
    this.#reader?.postMessage(reply);
  }
}

/** Not before a block that a former thread has begun: its pipe may not have been lent again yet. */
function takeOwn({ own, stdout, outputs }: Parts): void {
  if (stdout.isReserved) return;
  own.takeAll((line) => {
    stdout.writeOwn(line.at(-1) === NEWLINE ? line : outputs.showOwn(line.toString()));
  });
}

function observeSpool(post: (message: FromLogs) => void): StoreObserver {
  return {
    failed: (store, errno, text) => {
      post({ type: 'store-failed', store, errno, text });
    },
    recovered: (store, droppedLines) => {
      post({ type: 'store-recovered', store, droppedLines });
    },
    rotated: () => undefined,
  };
}

const counter = Buffer.alloc(8);

/** eventfd(2): reading sets it back. EAGAIN: somebody else was quicker, which cannot be. */
function hush(bell: number): 'heard' | 'silent' {
  try {
    readSync(bell, counter);
    return 'heard';
  } catch {
    return 'silent';
  }
}

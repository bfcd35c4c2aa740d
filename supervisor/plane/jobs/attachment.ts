// One job and the connection of whoever runs it: frames both ways, each as fast as the other side takes them. When the connection is
// gone the job is hung up, and what it still writes is read and dropped.
import type { Duplex } from 'node:stream';
import type { JobRecord } from '../../core/job.ts';
import type { JobStream, LentJobEnd } from '../../core/plane-message.ts';
import type { SignalName } from '../../core/service-spec.ts';
import { encodeFrame, FRAME, frameHeader, FrameParser } from '../../wire/frames.ts';
import type { JobEndView } from '../../wire/job-view.ts';
import type { ResizeTerminal } from '../ports.ts';
import { readResize, readSignal } from './control-frame.ts';
import { JobInput } from './job-input.ts';
import { projectJobEnd } from './job-projection.ts';
import { JobStreams } from './job-streams.ts';

/** While a connection is not read. */
const HEARTBEAT_MS = 2000;

export type Peer = Duplex;

export type AttachmentListeners = {
  readonly hangUp: () => void;
  readonly sendSignal: (signal: SignalName) => void;
  readonly resizeTerminal: ResizeTerminal;
  readonly onDone: (stream: JobStream, error: string) => void;
  /** Nothing is left of it. */
  readonly onOver: () => void;
};

export class Attachment {
  readonly #peer: Peer;
  readonly #listeners: AttachmentListeners;
  readonly #streams: JobStreams;
  readonly #parser: FrameParser;
  #input: JobInput | undefined;
  /** What was sent before the job's input was lent. */
  #early: Buffer[] = [];
  #typed: 'open' | 'complete' = 'open';
  #presence: 'there' | 'gone' = 'there';
  #end: JobEndView | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor({ input, state }: JobRecord, peer: Peer, listeners: AttachmentListeners) {
    this.#peer = peer;
    this.#listeners = listeners;
    this.#streams = new JobStreams(input === 'terminal' ? ['terminal'] : ['stdout', 'stderr'], {
      onChunk: (stream, bytes) => {
        this.#send(stream, bytes);
      },
      onDone: (stream, error) => {
        listeners.onDone(stream, error);
        if (this.#streams.isOver) listeners.onOver();
      },
      onDrained: () => {
        this.#sendEnd();
      },
      onTyped: () => {
        this.#resumePeer();
      },
    });
    this.#parser = new FrameParser({
      onData: (_type, bytes) => {
        this.#type(bytes);
      },
      onControl: (type, payload) => {
        this.#control(type, payload);
      },
    });
    this.#listen();
    if (state.kind === 'ended') this.jobEnded(projectJobEnd(state.end));
  }

  add(end: LentJobEnd): void {
    if (end.stream === 'stdin') this.#addInput(end.fd);
    else this.#streams.add(end);
    if (end.stream === 'terminal') this.#typeEarly();
  }

  jobEnded(end: JobEndView): void {
    this.#end = end;
    this.#resumePeer();
    this.#input?.close();
    this.#streams.jobEnded();
  }

  close(): void {
    this.#input?.close();
    this.#streams.close();
    this.#peer.destroy();
  }

  #listen(): void {
    this.#peer.on('data', (bytes: Buffer) => {
      this.#receive(bytes);
    });
    this.#peer.on('drain', () => {
      this.#streams.resume();
    });
    const gone = (): void => {
      this.#leave();
    };
    this.#peer.on('end', gone);
    this.#peer.on('error', gone);
    this.#peer.on('close', gone);
    this.#peer.resume();
  }

  #receive(bytes: Buffer): void {
    if (this.#presence === 'gone') return;
    try {
      this.#parser.push(bytes);
    } catch {
      // Not frames: nothing that follows can be understood.
      this.#peer.destroy();
    }
  }

  /** The bytes are valid during the call only. */
  #send(stream: JobStream, bytes: Buffer): void {
    if (this.#presence === 'gone' || this.#peer.destroyed) return;
    const type = stream === 'stderr' ? FRAME.stderr : FRAME.stdout;
    const frame = Buffer.concat([frameHeader(type, bytes.length), bytes]);
    if (!this.#peer.write(frame)) this.#streams.pause();
  }

  #sendEnd(): void {
    if (this.#presence === 'there' && this.#end !== undefined)
      this.#peer.end(encodeFrame(FRAME.end, JSON.stringify(this.#end)));
    if (this.#streams.isOver) this.#listeners.onOver();
  }

  #addInput(fd: number): void {
    try {
      this.#input = new JobInput(fd, {
        onDrain: () => {
          this.#resumePeer();
        },
        onClosed: () => {
          this.#resumePeer();
          this.#listeners.onDone('stdin', '');
        },
      });
      this.#typeEarly();
    } catch (error) {
      this.#listeners.onDone('stdin', error instanceof Error ? error.message : 'unknown error');
    }
  }

  #type(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    const input = this.#input ?? this.#streams.terminal;
    if (input === undefined) {
      this.#early.push(Buffer.from(bytes));
      this.#pausePeer();
    } else if (!input.write(Buffer.from(bytes))) this.#pausePeer();
  }

  /** The job has more input than it takes. A connection that is not read does not tell that it is gone: it is written to. */
  #pausePeer(): void {
    this.#peer.pause();
    this.#heartbeat ??= setInterval(() => {
      if (!this.#peer.writableNeedDrain) this.#peer.write(frameHeader(FRAME.stdout, 0));
    }, HEARTBEAT_MS);
  }

  #resumePeer(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#peer.resume();
  }

  #typeEarly(): void {
    const early = this.#early;
    this.#early = [];
    this.#resumePeer();
    for (const bytes of early) this.#type(bytes);
    if (this.#typed === 'complete') this.#completeInput();
  }

  #control(type: number, payload: Buffer): void {
    if (type === FRAME.inputEnd) this.#completeInput();
    else if (type === FRAME.resize) this.#resize(payload);
    else if (type === FRAME.signal) {
      const signal = readSignal(payload);
      if (signal !== undefined && this.#end === undefined) this.#listeners.sendSignal(signal);
    }
  }

  #completeInput(): void {
    this.#typed = 'complete';
    (this.#input ?? this.#streams.terminal)?.end();
  }

  #resize(payload: Buffer): void {
    const size = readResize(payload);
    const { terminal } = this.#streams;
    if (size === undefined || terminal === undefined) return;
    terminal.resize((fd) => {
      this.#listeners.resizeTerminal(fd, size.columns, size.rows);
    });
  }

  #leave(): void {
    if (this.#presence === 'gone') return;
    this.#presence = 'gone';
    clearInterval(this.#heartbeat);
    this.#peer.destroy();
    this.#early = [];
    this.#input?.close();
    // Nobody is to wait for a reader that is not there.
    this.#streams.resume();
    if (this.#end === undefined) this.#listeners.hangUp();
  }
}

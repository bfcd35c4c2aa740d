// The frames in which the output of a job is kept and streamed, and in which `exec` speaks both ways: 8 bytes of header, then the
// payload, as in Docker's multiplexed streams. Header: the type, three zeros, the payload's length (32 bits, big-endian).

export const FRAME_HEADER_BYTES = 8;

/** From Bosun: 0, 1, 2, 3. To Bosun, in an `exec`: 1 (what is typed), 4, 5, 6. */
export const FRAME = {
  /** JSON (JobEndView): how the job ended. The last one. */
  end: 0,
  /** Of the job's standard output or its terminal; to Bosun: its standard input. */
  stdout: 1,
  stderr: 2,
  /** JSON (JobLossView): how much of the output is not there. Right before the end, if there is any. */
  loss: 3,
  /** JSON: `{"columns": 80, "rows": 24}`. */
  resize: 4,
  /** No payload: the input is complete. */
  inputEnd: 5,
  /** JSON: `{"signal": "SIGINT"}`. */
  signal: 6,
} as const;

/** What carries no bytes of a stream fits in this; so do its payloads in memory. */
const MOST_CONTROL_BYTES = 65_536;
/** Ours are not larger than what is read from a pipe at once. */
const MOST_DATA_BYTES = 16_777_216;

export function frameHeader(type: number, payloadBytes: number): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header[0] = type;
  header.writeUInt32BE(payloadBytes, 4);
  return header;
}

export function encodeFrame(type: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([frameHeader(type, bytes.length), bytes]);
}

export type FrameListeners = {
  /** A piece of the payload of `stdout` or `stderr`, as it comes; valid during the call only. */
  readonly onData: (type: number, bytes: Buffer) => void;
  /** Any other frame, whole. */
  readonly onControl: (type: number, payload: Buffer) => void;
};

/** Takes the bytes in pieces of any size. Holds no payload of a stream. */
export class FrameParser {
  readonly #listeners: FrameListeners;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerLength = 0;
  #type = 0;
  #left = 0;
  #control: Buffer[] = [];

  constructor(listeners: FrameListeners) {
    this.#listeners = listeners;
  }

  /** Throws when this cannot be frames. */
  push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0)
      rest = this.#headerLength < FRAME_HEADER_BYTES ? this.#head(rest) : this.#body(rest);
  }

  #head(bytes: Buffer): Buffer {
    const taken = bytes.copy(this.#header, this.#headerLength);
    this.#headerLength += taken;
    if (this.#headerLength === FRAME_HEADER_BYTES) this.#begin();
    return bytes.subarray(taken);
  }

  #begin(): void {
    this.#type = this.#header[0] ?? 0;
    this.#left = this.#header.readUInt32BE(4);
    const isFrame = this.#header.readUIntBE(1, 3) === 0 && this.#type <= FRAME.signal;
    const most = this.#carriesData() ? MOST_DATA_BYTES : MOST_CONTROL_BYTES;
    if (!isFrame || this.#left > most) throw new Error('these are not the frames of a job');
    if (this.#left === 0) this.#finish();
  }

  #body(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#left);
    this.#left -= piece.length;
    if (this.#carriesData()) this.#listeners.onData(this.#type, piece);
    else this.#control.push(Buffer.from(piece));
    if (this.#left === 0) this.#finish();
    return bytes.subarray(piece.length);
  }

  #finish(): void {
    this.#headerLength = 0;
    if (this.#carriesData()) return;
    const payload = Buffer.concat(this.#control);
    this.#control = [];
    this.#listeners.onControl(this.#type, payload);
  }

  #carriesData(): boolean {
    return this.#type === FRAME.stdout || this.#type === FRAME.stderr;
  }
}

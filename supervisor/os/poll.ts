// libuv's own uv_poll_t over node:ffi: a callback while a descriptor is readable, for what Node has no class for. Owns the
// handles' memory until libuv has let go of it. Does not read, and does not close the descriptor.
import { DynamicLibrary, getCurrentEventLoop, getRawPointer } from 'node:ffi';
import { fail } from './libc-errno.ts';
import type { CallResult, ReadableWatch } from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';
// <uv.h>: uv_handle_type, uv_poll_event
const UV_POLL = 8;
const UV_READABLE = 1;
/** After an error of the descriptor (POLLERR), which may stay: it is not asked in a circle. */
const REST_MS = 100;

type Native = ReturnType<typeof load>;
let native: Native | undefined;

/** By the address of the handle. What is in here is not collected, and that is what libuv counts on. */
const handles = new Map<bigint, Watch>();

function load() {
  const library = new DynamicLibrary(null);
  const uv = library.getFunctions({
    uv_handle_size: { return: 'uint64', arguments: [I32] },
    uv_poll_init: { return: I32, arguments: ['pointer', BUF, I32] },
    uv_poll_start: { return: I32, arguments: [BUF, I32, 'pointer'] },
    uv_poll_stop: { return: I32, arguments: [BUF] },
    uv_close: { return: 'void', arguments: [BUF, 'pointer'] },
  });
  return {
    uv,
    loop: getCurrentEventLoop(),
    handleBytes: Number(uv.uv_handle_size(UV_POLL)),
    polled: library.registerCallback(
      { return: 'void', arguments: ['pointer', I32, I32] },
      (handle, status) => {
        handles.get(handle as bigint)?.polled(status);
      },
    ),
    closed: library.registerCallback({ return: 'void', arguments: ['pointer'] }, (handle) => {
      handles.delete(handle as bigint);
    }),
  };
}

export function whenReadable(fd: number, readable: () => void): CallResult<ReadableWatch> {
  native ??= load();
  const memory = Buffer.allocUnsafeSlow(native.handleBytes);
  // It fails before the handle is on the loop: EEXIST for a descriptor that is watched already, EPERM for a file.
  const status = native.uv.uv_poll_init(native.loop, memory, fd);
  if (status < 0) return fail(-status);
  const watch = new Watch(native, memory, readable);
  handles.set(getRawPointer(memory), watch);
  watch.resume();
  return { ok: true, value: watch };
}

class Watch implements ReadableWatch {
  readonly #native: Native;
  readonly #memory: Buffer;
  readonly #readable: () => void;
  #state: 'polling' | 'paused' | 'closed' = 'paused';
  #due: NodeJS.Immediate | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(library: Native, memory: Buffer, readable: () => void) {
    this.#native = library;
    this.#memory = memory;
    this.#readable = readable;
  }

  /**
   * libuv calls this from outside of any Node callback: an exception here would abort the process, and no promise would go on
   * until something else woke the loop. The check phase comes next in the same turn, and has neither trap.
   */
  polled(status: number): void {
    this.#due ??= setImmediate(() => {
      this.#due = undefined;
      if (this.#state !== 'polling') return;
      // The read that follows says what it is. libuv has stopped the handle by itself.
      if (status < 0) this.#pauseFor(REST_MS);
      this.#readable();
    });
  }

  pause(): void {
    if (this.#state !== 'polling') return;
    this.#state = 'paused';
    this.#native.uv.uv_poll_stop(this.#memory);
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'polling';
    this.#native.uv.uv_poll_start(this.#memory, UV_READABLE, this.#native.polled);
  }

  [Symbol.dispose](): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearImmediate(this.#due);
    clearTimeout(this.#rest);
    // Stops it too; from here on the descriptor may be closed. The memory is libuv's until the callback.
    this.#native.uv.uv_close(this.#memory, this.#native.closed);
  }

  #pauseFor(ms: number): void {
    this.pause();
    this.#rest ??= setTimeout(() => {
      this.#rest = undefined;
      this.resume();
    }, ms);
  }
}

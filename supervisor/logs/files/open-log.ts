// The current file and its directory: opens them when they are needed, and notices when somebody has removed them or put others in their place.
import { CURRENT_LOG } from '../../core/log-file-name.ts';
import { CurrentFile } from './current-file.ts';
import { errnoOf, faultOf } from './file-fault.ts';
import { LogDirectory } from './log-directory.ts';
import type { LogParts } from './log-parts.ts';
import { LOOK_BYTES, orphanedLines } from './orphan.ts';

/** A file that somebody has removed takes with it what is written to it: that is looked for so often, and after so many bytes (orphan.ts). */
const LOOK_MS = 1000;
/** lstat(2): the path leads to no file. */
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

type OpenedLog = { readonly directory: LogDirectory; readonly file: CurrentFile };

export class OpenLog {
  readonly #parts: LogParts;
  readonly #path: string;
  #directory: LogDirectory | undefined;
  #file: CurrentFile | undefined;
  #lookedAtMs = 0;
  /** How large the file was when its path led to it. */
  #seenBytes = 0;
  #orphaned: Uint8Array | undefined;
  #ownership: 'given' | 'refused' = 'given';

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#path = `${parts.spec.directory}/${CURRENT_LOG}`;
  }

  /** Undefined: it is not open. */
  get file(): CurrentFile | undefined {
    return this.#file;
  }

  /** Throws the errors of open(2) and mkdir(2), and RefusedFile. */
  open(nowMs: number): OpenedLog {
    const { spec, calls } = this.#parts;
    if (this.#isTimeToLook(nowMs)) this.look(nowMs);
    this.#directory ??= new LogDirectory(spec.directory, spec, calls);
    this.#file ??= this.#openFile(this.#directory);
    return { directory: this.#directory, file: this.#file };
  }

  get hasOrphaned(): boolean {
    return this.#orphaned !== undefined;
  }

  /** Once: lines that a file had when it was removed, and that belong before all that is still to be written. */
  takeOrphaned(): Uint8Array | undefined {
    const orphaned = this.#orphaned;
    this.#orphaned = undefined;
    return orphaned;
  }

  #isTimeToLook(nowMs: number): boolean {
    const grownBytes = (this.#file?.bytes ?? 0) - this.#seenBytes;
    return grownBytes >= LOOK_BYTES || nowMs - this.#lookedAtMs >= LOOK_MS || nowMs < this.#lookedAtMs;
  }

  #openFile(directory: LogDirectory): CurrentFile {
    const { spec, calls } = this.#parts;
    const file = CurrentFile.open(directory, spec, calls, (error) => {
      this.#tellUnowned(error);
    });
    this.#seenBytes = file.bytes;
    return file;
  }

  /** Closes the file when its path no longer leads to it; and how large it is: somebody may have emptied it. */
  look(nowMs: number): void {
    this.#lookedAtMs = nowMs;
    const file = this.#file;
    if (file === undefined) return;
    try {
      const { identity, bytes } = this.#parts.calls.lstat(this.#path);
      if (identity !== file.identity) this.#replaced(file);
      else this.#seenBytes = file.bytes = bytes;
    } catch (error) {
      if (GONE.has(errnoOf(error))) this.#replaced(file);
    }
  }

  /** After a rename; the directory stays. */
  closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) this.#close(file.fd);
  }

  close(): void {
    this.closeFile();
    const directory = this.#directory;
    this.#directory = undefined;
    if (directory !== undefined) this.#close(directory.fd);
  }

  /** It is closed at once: whoever has removed it may want its room. */
  #replaced({ fd }: CurrentFile): void {
    const text = `${this.#path} was removed or replaced while Bosun wrote to it. A new one is begun`;
    this.#parts.trouble.failed('writing', { errno: 'ENOENT', text });
    try {
      this.#orphaned = orphanedLines(fd, this.#seenBytes, this.#parts.calls);
    } catch (error) {
      this.#parts.trouble.failed(
        'writing',
        faultOf(error, `read ${this.#path} again, and its last lines are lost`),
      );
    }
    this.close();
  }

  /** Close(2) tells what went wrong after write(2), as on NFS. The descriptor is closed all the same. */
  #close(fd: number): void {
    try {
      this.#parts.calls.close(fd);
    } catch (error) {
      this.#parts.trouble.failed(
        'writing',
        faultOf(error, `close ${this.#path}, and its last lines may be lost`),
      );
    }
  }

  /** Told once, and then forgotten: it is written all the same. */
  #tellUnowned(error: unknown): void {
    if (this.#ownership === 'refused') return;
    this.#ownership = 'refused';
    const errno = errnoOf(error) ?? 'EIO';
    const cause = 'the file system does not take them, or Bosun may not give files away (CAP_CHOWN)';
    const text = `cannot set the owner and the mode of ${this.#path}: ${cause} (${errno}). It is written all the same`;
    this.#parts.trouble.failed('owning', { errno, text });
    this.#parts.trouble.over('owning');
  }
}

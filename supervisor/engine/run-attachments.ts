// What was opened for a run beside its process: the watch of its notification pipe, a reload command under way. All of it ends
// with the run, at the latest with the container.
import type { RunId } from '../core/names.ts';

export class RunAttachments {
  readonly #of = new Map<RunId, Set<Disposable>>();

  /** The result takes it off again, without disposing of it. */
  add(run: RunId, attachment: Disposable): () => void {
    const attachments = this.#of.get(run) ?? new Set();
    this.#of.set(run, attachments.add(attachment));
    return () => {
      attachments.delete(attachment);
      if (attachments.size === 0) this.#of.delete(run);
    };
  }

  end(run: RunId): void {
    const attachments = this.#of.get(run);
    this.#of.delete(run);
    for (const attachment of attachments ?? []) attachment[Symbol.dispose]();
  }

  endAll(): void {
    for (const run of [...this.#of.keys()]) this.end(run);
  }
}

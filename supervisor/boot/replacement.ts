// Puts the program that is on the disk in the place of this process, with every service going on: asked for (an upgrade), or after an
// internal error. One step after the other: wait until nothing is under way that would be lost, rehearse, let the control plane write out
// what it has, execve(2). Up to the last step everything can be taken back, and is.
import { closeSync } from 'node:fs';
import { definedOnly } from '../config/base-environment.ts';
import type { NotedEvent } from '../core/event.ts';
import type { Fleet } from '../core/fleet.ts';
import type { UpgradeAnswer, UpgradeRequest } from '../core/plane-message.ts';
import type { CallResult, ImageCalls } from '../os/system-calls.ts';
import type { ToolRunner } from '../os/tool.ts';
import { SNAPSHOT_VARIABLE, writeMemoryFile } from './handed-file.ts';
import { ownProgram } from './own-program.ts';
import { runRehearsal, type Rehearsed } from './rehearsal.ts';
import { descriptorsOf, encodeSnapshot, type Replacing, type Snapshot } from './snapshot.ts';
import type { ToolGate } from './tool-gate.ts';

export type ReplacementPorts = {
  readonly image: ImageCalls;
  readonly gate: ToolGate;
  readonly tool: ToolRunner;
  readonly nowMs: () => number;
  readonly version: string;
  readonly fleet: () => Fleet;
  readonly snapshot: (of: Pick<Snapshot, 'cause' | 'interrupted' | 'recoveriesMs'>) => Snapshot;
  readonly note: (event: NotedEvent, attribution?: { actor: string; command: string; cause: number }) => void;
  readonly answer: (id: string, answer: UpgradeAnswer) => void;
  /** The control plane and the logs write out what they have, and read no more. */
  readonly handOver: (limitMs: number) => Promise<void>;
  /** Nothing came of it: they go on. */
  readonly reopen: () => void;
  /** What libuv waits for, with SIGKILL: nobody could tell it any more that its time is up. */
  readonly endTools: () => void;
  readonly tell: (text: string) => void;
};

const HAND_OVER_MS = 700;
/** After an internal error nobody waits for long. */
const RECOVERY_PATIENCE_MS = 1000;
const MOST_RECOVERIES = 3;
const RECOVERY_WINDOW_MS = 60_000;

export class Replacement {
  readonly #ports: ReplacementPorts;
  #recoveriesMs: readonly number[];
  #work: 'none' | 'under-way' = 'none';
  /** The upgrade that this process image is the outcome of: whoever asks for it again is told so. */
  readonly #done: UpgradeRequest | undefined;

  constructor(ports: ReplacementPorts, before: Pick<Snapshot, 'cause' | 'recoveriesMs'> | undefined) {
    this.#ports = ports;
    this.#recoveriesMs = before?.recoveriesMs ?? [];
    this.#done = before?.cause.kind === 'upgrade' ? before.cause.request : undefined;
  }

  /** Never rejects; the answer goes by the control plane, and what comes of it is an event. */
  async upgrade(request: UpgradeRequest): Promise<void> {
    const { answer, version } = this.#ports;
    if (request.id === this.#done?.id) {
      answer(request.id, { kind: 'accepted', from: version, to: version });
      return;
    }
    const busy = this.#whyNot();
    if (busy !== undefined) {
      answer(request.id, { kind: 'blocked', by: [busy] });
      return;
    }
    await this.#undisturbed(async () => {
      await this.#upgradeNow(request);
    });
  }

  /** Told is the error already. Does nothing where it would not help: Bosun goes on then as well as it can. */
  async recover(where: string, error: unknown): Promise<void> {
    const { nowMs, tell, gate } = this.#ports;
    if (this.#whyNot() !== undefined) return;
    const sinceMs = nowMs() - RECOVERY_WINDOW_MS;
    this.#recoveriesMs = [...this.#recoveriesMs.filter((atMs) => atMs > sinceMs), nowMs()];
    if (this.#recoveriesMs.length > MOST_RECOVERIES) {
      tell(`bosun: recovered ${MOST_RECOVERIES} times within a minute; going on without`);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    await this.#undisturbed(async () => {
      await gate.quiet(RECOVERY_PATIENCE_MS);
      const cause = { kind: 'recovery', where, reason } as const;
      const rehearsed = await this.#rehearse(cause);
      const failure = rehearsed.kind === 'ready' ? await this.#replace(cause) : rehearsed.reason;
      tell(`bosun: cannot recover by starting anew; going on. ${failure}`);
    });
  }

  async #upgradeNow(request: UpgradeRequest): Promise<void> {
    const { gate, version: from, note } = this.#ports;
    const answer = (given: UpgradeAnswer): void => {
      this.#ports.answer(request.id, given);
    };
    await gate.quiet(request.waitMs);
    if (gate.running.length > 0) {
      answer({ kind: 'blocked', by: gate.running.map((what) => `${what} is under way`) });
      return;
    }
    const cause = { kind: 'upgrade', request } as const;
    const rehearsed = await this.#rehearse(cause);
    if (rehearsed.kind === 'refused') {
      answer(rehearsed);
      return;
    }
    answer({ kind: 'accepted', from, to: rehearsed.version });
    const reason = await this.#replace(cause);
    note({ type: 'upgrade-failed', reason }, { actor: request.actor, command: request.id, cause: 0 });
  }

  /** Nothing new is begun meanwhile that would be lost; it goes on when nothing has come of it. */
  async #undisturbed(work: () => Promise<void>): Promise<void> {
    const { gate, tell } = this.#ports;
    this.#work = 'under-way';
    gate.hold();
    try {
      await work();
    } catch (error) {
      tell(`bosun: internal error while Bosun was to be replaced: ${String(error)}`);
    } finally {
      gate.release();
      this.#work = 'none';
    }
  }

  #whyNot(): string | undefined {
    if (this.#work === 'under-way') return 'another upgrade is under way';
    return this.#ports.fleet().phase.kind === 'up' ? undefined : 'the container is being stopped';
  }

  async #rehearse(cause: Replacing): Promise<Rehearsed> {
    const { image, tool } = this.#ports;
    const file = writeMemoryFile(image, this.#encoded(cause).bytes);
    if (file.kind === 'failed') return { kind: 'refused', reason: `${file.call} failed with ${file.errno}` };
    try {
      return await runRehearsal(tool, ownProgram(), file.fd);
    } finally {
      closeSync(file.fd);
    }
  }

  #encoded(cause: Replacing): { readonly bytes: Buffer; readonly snapshot: Snapshot } {
    const { gate, snapshot } = this.#ports;
    const taken = snapshot({ cause, interrupted: gate.running, recoveriesMs: this.#recoveriesMs });
    return { bytes: encodeSnapshot(taken), snapshot: taken };
  }

  /** Comes back only where it has failed, with why. */
  async #replace(cause: Replacing): Promise<string> {
    const { handOver, reopen, fleet, endTools } = this.#ports;
    await handOver(HAND_OVER_MS);
    // From here to the end in one turn: no event comes in between.
    if (fleet().phase.kind === 'up') {
      if (cause.kind === 'recovery') endTools();
      const failure = this.#becomeNext(cause);
      reopen();
      return failure;
    }
    // Asked to stop meanwhile: a shutdown is not handed over.
    reopen();
    return 'the container is being stopped';
  }

  #becomeNext(cause: Replacing): string {
    const { image } = this.#ports;
    const { bytes, snapshot } = this.#encoded(cause);
    const file = writeMemoryFile(image, bytes);
    if (file.kind === 'failed') return `${file.call} failed with ${file.errno}`;
    const survivors = [0, 1, 2, file.fd, ...descriptorsOf(snapshot)];
    const replaced = this.#execute(survivors, file.fd);
    for (const fd of survivors) image.setCloseOnExec(fd, 'closed');
    closeSync(file.fd);
    return replaced;
  }

  #execute(survivors: readonly number[], snapshot: number): string {
    const { image } = this.#ports;
    for (const fd of survivors) {
      const kept = image.setCloseOnExec(fd, 'kept');
      // One of the three that Bosun was started without is none that a service has.
      if (!kept.ok && fd > 2) return failureOf('fcntl(2)', kept);
    }
    const { path, entry, words } = ownProgram();
    const environment = { ...definedOnly(process.env), [SNAPSHOT_VARIABLE]: String(snapshot) };
    return failureOf('execve(2)', image.becomeProgram(path, [path, ...entry, ...words], environment));
  }
}

function failureOf(call: string, result: CallResult<void>): string {
  return `${call} failed${result.ok ? '' : ` with ${result.errno}`}`;
}

// What a write is known by: the id of the command that it becomes. With an Idempotency-Key the id follows from the key, so that the
// engine knows a command that it has been given before, whatever became of the control plane meanwhile.
import { createHash, randomUUID } from 'node:crypto';
import type { CommandResult } from '../../core/effect.ts';

export type Acceptance = Extract<CommandResult, { kind: 'accepted' }>;

export type CommandIdentity = {
  readonly id: string;
  /** The newest event when it was asked for the first time: all that follows from it is newer. */
  readonly since: number;
  /** What the engine said when it was given before; undefined when it may have to be given. */
  readonly acceptance: Acceptance | undefined;
  /** The engine has accepted it. */
  readonly accepted: (acceptance: Acceptance) => void;
};

/** Of a write without a key: it is like no other. */
export function newIdentity(since: number): CommandIdentity {
  return { id: randomUUID(), since, acceptance: undefined, accepted: () => undefined };
}

/** The same for the same parts: UUID version 8, RFC 9562 section 5.8. */
export function derivedId(parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

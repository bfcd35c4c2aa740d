// The capabilities of the kernel by name and number, <linux/capability.h>.
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { didYouMean } from '../core/suggestion.ts';

/** Each at the place of its number. */
const NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

export type CapabilityName = (typeof NAMES)[number];
export const CAPABILITY_NAMES: readonly string[] = NAMES;

/** Whether a set, as the lines Cap... of proc_pid_status(5) show it, has this one. */
export function hasCapability(set: bigint, name: CapabilityName): boolean {
  return ((set >> BigInt(NAMES.indexOf(name))) & 1n) === 1n;
}

export function parseCapability(value: unknown): Parsed<CapabilityName> {
  if (typeof value !== 'string')
    return wrong(
      `must be the name of a capability, not ${quote(value)}`,
      'Write a name such as NET_BIND_SERVICE.',
    );
  const name = value.toUpperCase().replace(/^CAP_/, '');
  const known = NAMES.find((candidate) => candidate === name);
  if (known !== undefined) return ok(known);
  if (name === 'ALL')
    return wrong(
      '"ALL" is not one capability',
      'Name those that are needed, or remove the key to leave all as they are.',
    );
  return wrong(
    `${quote(value)} is not a capability`,
    `${didYouMean(name, NAMES)}The names are those of capabilities(7), without CAP_.`,
  );
}

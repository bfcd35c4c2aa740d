// One datagram of sd_notify(3), taken apart. Pure. The rules are systemd's (service_notify_message in its src/core/service.c): lines
// of NAME=VALUE, the first of a name counts, what is unknown or malformed is left out. Whether the sender may say it is not asked here.
import { getSystemErrorName } from 'node:util';
import type { Pid } from '../core/names.ts';
import type { Notice } from '../core/notice.ts';

/** NOTIFY_BUFFER_MAX of systemd: PIPE_BUF. */
export const LONGEST_MESSAGE_BYTES = 4096;
const LONGEST_STATUS = 512;

export type WatchdogOrder =
  | { readonly kind: 'alive' }
  /** The service has found out itself that it is not well. */
  | { readonly kind: 'trigger' }
  /** 0: no watchdog from now on. */
  | { readonly kind: 'period'; readonly periodMs: number };

export type NotifyMessage = {
  /** A `main-pid` in it has not been checked. */
  readonly notices: readonly Notice[];
  readonly watchdog: readonly WatchdogOrder[];
  /** What its descriptors are for; `unsaid` also for a barrier, where closing them is the whole answer. */
  readonly descriptors: 'unsaid' | 'to-be-stored';
};

/** Undefined: not a text of lines. */
export function parseNotifyMessage(bytes: Buffer): NotifyMessage | undefined {
  const text = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
  if (text.includes(0)) return undefined;
  const values = assignments(text.toString('utf8'));
  return { notices: noticesOf(values), watchdog: watchdogOf(values), descriptors: descriptorsOf(values) };
}

type Values = ReadonlyMap<string, string>;

function assignments(text: string): Values {
  const values = new Map<string, string>();
  for (const line of text.split(/[\n\r]+/)) {
    const equals = line.indexOf('=');
    if (equals < 1) continue;
    const name = line.slice(0, equals);
    if (!values.has(name)) values.set(name, line.slice(equals + 1));
  }
  return values;
}

function noticesOf(values: Values): readonly Notice[] {
  return [...mainPidOf(values), ...phasesOf(values), ...statusOf(values), ...extensionOf(values)];
}

function mainPidOf(values: Values): readonly Notice[] {
  const pid = wholeNumber(values.get('MAINPID'));
  // Larger than any pid, PID_MAX_LIMIT of the kernel.
  return pid === undefined || pid <= 1 || pid > 2 ** 22 ? [] : [{ kind: 'main-pid', pid: pid as Pid }];
}

/** STOPPING wins. RELOADING and READY together: it has reloaded already. */
function phasesOf(values: Values): readonly Notice[] {
  if (values.get('STOPPING') === '1') return [{ kind: 'stopping' }];
  return [
    ...(values.get('RELOADING') === '1' ? [{ kind: 'reloading' } as const] : []),
    ...(values.get('READY') === '1' ? [{ kind: 'ready' } as const] : []),
  ];
}

/** ERRNO has no place of its own for people to see. */
function statusOf(values: Values): readonly Notice[] {
  const status = values.get('STATUS');
  const error = errorName(values.get('ERRNO'));
  if (status === undefined) return error === undefined ? [] : [{ kind: 'status', text: `failed: ${error}` }];
  return [{ kind: 'status', text: printable(error === undefined ? status : `${status} (${error})`) }];
}

/** A number, or a name as systemd takes it too. */
function errorName(value: string | undefined): string | undefined {
  if (value === undefined || /^E[A-Z0-9]{1,19}$/.test(value)) return value;
  const errno = wholeNumber(value);
  if (errno === undefined || errno === 0 || errno > 4095) return undefined;
  const name = getSystemErrorName(-errno);
  return name.startsWith('E') ? name : `errno ${errno}`;
}

/** Without what would act on a terminal, and not longer than fits into a line of a table. */
function printable(text: string): string {
  const characters = Array.from(text.replace(/\p{Cc}|\p{Zl}|\p{Zp}/gv, ' ').trim());
  return characters.length <= LONGEST_STATUS
    ? characters.join('')
    : `${characters.slice(0, LONGEST_STATUS - 1).join('')}…`;
}

function extensionOf(values: Values): readonly Notice[] {
  const byMs = toMilliseconds(values.get('EXTEND_TIMEOUT_USEC'));
  return byMs === undefined || byMs === 0 ? [] : [{ kind: 'extend-timeout', byMs }];
}

function watchdogOf(values: Values): readonly WatchdogOrder[] {
  const said = values.get('WATCHDOG');
  const periodMs = toMilliseconds(values.get('WATCHDOG_USEC'));
  return [
    ...(said === '1' ? [{ kind: 'alive' } as const] : []),
    ...(said === 'trigger' ? [{ kind: 'trigger' } as const] : []),
    ...(periodMs === undefined ? [] : [{ kind: 'period', periodMs } as const]),
  ];
}

function descriptorsOf(values: Values): NotifyMessage['descriptors'] {
  const stores = values.get('FDSTORE') === '1' || values.get('FDSTOREREMOVE') === '1';
  return stores ? 'to-be-stored' : 'unsaid';
}

/** Rounded up; systemd's infinity (the largest number of 64 bits) and beyond is none. */
function toMilliseconds(microseconds: string | undefined): number | undefined {
  const value = wholeNumber(microseconds);
  return value === undefined || value >= 2 ** 64 ? undefined : Math.ceil(value / 1000);
}

function wholeNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,20}$/.test(value) ? Number(value) : undefined;
}

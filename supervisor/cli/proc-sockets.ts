// The sockets of a process's network namespace by their inodes, in words: proc_pid_net(5).
import { readText } from './proc-stat.ts';

export type Socket = {
  readonly inode: string;
  /** Such as `tcp 127.0.0.1:80 listening` or `unix /run/x.sock`. */
  readonly text: string;
  /** On which it listens. */
  readonly listensOn: number | undefined;
};

/** enum tcp_state of the kernel's net/tcp_states.h. */
const TCP_STATES: Readonly<Record<string, string>> = {
  '01': 'established',
  '02': 'syn-sent',
  '03': 'syn-received',
  '04': 'fin-wait-1',
  '05': 'fin-wait-2',
  '06': 'time-wait',
  '07': 'closed',
  '08': 'close-wait',
  '09': 'last-ack',
  '0A': 'listening',
  '0B': 'closing',
};
const LISTENING = '0A';

export async function readSockets(pid: number | 'self'): Promise<ReadonlyMap<string, Socket>> {
  const tables = await Promise.all([
    ...['tcp', 'tcp6', 'udp', 'udp6'].map(async (family) =>
      parseInet(family.replace('6', ''), await readTable(pid, family)),
    ),
    readTable(pid, 'unix').then(parseUnix),
  ]);
  return new Map(tables.flat().map((socket) => [socket.inode, socket]));
}

async function readTable(pid: number | 'self', name: string): Promise<readonly string[]> {
  const text = (await readText(`/proc/${pid}/net/${name}`)) ?? '';
  return text.split('\n').slice(1);
}

function parseInet(protocol: string, lines: readonly string[]): readonly Socket[] {
  return lines.flatMap((line) => {
    const [, local, remote, state = '', , , , , , inode] = line.trim().split(/\s+/);
    if (local === undefined || remote === undefined || inode === undefined) return [];
    const listens = protocol === 'tcp' && state === LISTENING;
    const to = isNowhere(remote) ? '' : ` to ${addressOf(remote)}`;
    const how = protocol === 'tcp' ? ` ${TCP_STATES[state] ?? state}` : '';
    const text = `${protocol} ${addressOf(local)}${to}${how}`;
    return [{ inode, text, listensOn: listens ? portOf(local) : undefined }];
  });
}

function parseUnix(lines: readonly string[]): readonly Socket[] {
  return lines.flatMap((line) => {
    const [, , , , , , inode, path] = line.trim().split(/\s+/);
    if (inode === undefined) return [];
    return [{ inode, text: path === undefined ? 'unix socket' : `unix ${path}`, listensOn: undefined }];
  });
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16);
}

function isNowhere(address: string): boolean {
  return /^0+:0+$/.test(address);
}

/** Each word of 32 bits stands there as a little-endian machine has it. */
function addressOf(address: string): string {
  const bytes = Buffer.from(address.slice(0, address.indexOf(':')), 'hex').swap32();
  const port = portOf(address);
  if (bytes.length === 4) return `${[...bytes].join('.')}:${port}`;
  if (bytes.subarray(0, 12).equals(MAPPED)) return `${[...bytes.subarray(12)].join('.')}:${port}`;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return `[${shortest(groups)}]:${port}`;
}

/** ::ffff:0:0/96, an IPv4 address. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/** RFC 5952: the longest run of zeros is left out. */
function shortest(groups: readonly string[]): string {
  const runs = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].map(([run]) => run);
  const longest = runs.toSorted((a, b) => b.length - a.length)[0];
  if (longest === undefined) return groups.join(':');
  return groups.join(':').replace(new RegExp(`(^|:)${longest}(:|$)`), '::');
}

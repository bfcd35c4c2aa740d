// The TCP sockets of this network namespace, proc_pid_net(5): by inode, which is what a descriptor in /proc/PID/fd names.
import type { ProcFiles } from './proc-files.ts';

/** <net/tcp_states.h>, from 1 on, as ss(8) and node_exporter write them. */
export const TCP_STATES = [
  'established',
  'syn_sent',
  'syn_recv',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'close',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
  'new_syn_recv',
] as const;
export type TcpState = (typeof TCP_STATES)[number];

const STATE_FIELD = 3;
const INODE_FIELD = 9;

/** Those that somebody has open: what waits out its time belongs to nobody any more. */
export function readTcpSockets(files: Pick<ProcFiles, 'tcp'>): ReadonlyMap<string, TcpState> {
  const sockets = new Map<string, TcpState>();
  for (const version of ['tcp', 'tcp6'] as const)
    for (const line of files.tcp(version).split('\n').slice(1)) {
      const fields = line.trim().split(/ +/, INODE_FIELD + 1);
      const inode = fields[INODE_FIELD];
      const state = TCP_STATES[Number.parseInt(fields[STATE_FIELD] ?? '', 16) - 1];
      if (inode !== undefined && inode !== '0' && state !== undefined) sockets.set(inode, state);
    }
  return sockets;
}

/** What /proc/PID/fd says of a socket; undefined for what is none. */
export function inodeOf(link: string): string | undefined {
  return link.startsWith('socket:[') ? link.slice('socket:['.length, -1) : undefined;
}

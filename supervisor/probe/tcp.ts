// TCP probe: a connection that is accepted is healthy; it is closed at once. A name is tried at each of its addresses.
import { connect } from 'node:net';
import type { ProbeAnswer } from '../core/input.ts';
import { failed, OK, type Probe, reasonOf } from './probe.ts';

export function tcpProbe(host: string, port: number): Probe {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return (signal) =>
    new Promise<ProbeAnswer>((resolve) => {
      const socket = connect({ host, port, signal });
      socket.on('connect', () => {
        resolve(OK);
        socket.destroy();
      });
      socket.on('error', (error) => {
        resolve(failed(`tcp ${address}: ${reasonOf(error)}`));
      });
    });
}

// TCP probe: a connection that is accepted is healthy; it is closed at once.
import { connect } from 'node:net';
import type { ProbeAnswer } from '../core/input.ts';
import { failed, OK, type Probe, reasonOf } from './probe.ts';

export function tcpProbe(host: string, port: number): Probe {
  return (signal) =>
    new Promise<ProbeAnswer>((resolve) => {
      const socket = connect({ host, port, signal });
      socket.on('connect', () => {
        resolve(OK);
        socket.destroy();
      });
      socket.on('error', (error) => {
        resolve(failed(`tcp ${host}:${String(port)}: ${reasonOf(error)}`));
      });
    });
}

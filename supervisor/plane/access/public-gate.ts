// The entrance of a listener that shows health and metrics only, to anyone.
import type { IncomingMessage } from 'node:http';
import { addressOf, refused, type Admission, type Destination, type Gate } from './gate.ts';

export const publicGate: Gate = {
  transport: 'plain',

  admit({ socket }: IncomingMessage, { exposure }: Destination): Admission {
    const peer = addressOf(socket.remoteAddress);
    if (exposure === 'public')
      return { kind: 'admitted', principal: { actor: 'anyone', role: 'observe', peer, advice: '' } };
    const reason = 'this listener shows health and metrics only';
    const detail = 'This listener shows health and metrics only; there may be another one for the rest.';
    return refused({ code: 'not-on-this-listener', detail, peer, reason });
  },
};

// What Bosun's own log says of a sink: what happened, and what to do.
import type { CourierNotice } from './courier.ts';

/** In the shape of an OwnMessage. */
export type SinkMessage = {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

export function describeNotice(sink: string, notice: CourierNotice): SinkMessage {
  switch (notice.type) {
    case 'away': {
      const text = `log sink ${sink} does not take lines: ${notice.why}; they wait in its queue`;
      return { level: 'warn', text, fields: { sink } };
    }
    case 'back':
      return { level: 'info', text: `log sink ${sink} takes lines again`, fields: { sink } };
    case 'missed': {
      const text = `${count(notice.lines)} dropped from the full queue of log sink ${sink}`;
      return { level: 'warn', text, fields: { sink, dropped: notice.lines } };
    }
    case 'refused': {
      const text = `log sink ${sink} has refused ${notice.lines === 1 ? 'a line' : `${notice.lines} lines`} for good: ${notice.why}`;
      return { level: 'warn', text, fields: { sink, refused: notice.lines } };
    }
  }
}

function count(lines: number): string {
  return lines === 1 ? '1 line was' : `${lines} lines were`;
}

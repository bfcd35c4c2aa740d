// Events of no meaning for the fleet, numbered as the engine does it.
import type { BosunEvent, RecordedEvent } from '../../../../supervisor/core/event.ts';
import type { JobId, ServiceName } from '../../../../supervisor/core/names.ts';

export const BOOTED: BosunEvent = { type: 'booted', services: ['a' as ServiceName], nextJob: 1 as JobId };

export function recorded(id: number, event: BosunEvent = note(`event ${id}`), life = 0): RecordedEvent {
  return {
    id,
    seq: 'service' in event ? id : 0,
    timeMs: 1_800_000_000_000 + life * 1e9 + id,
    monotonicMs: id + 0.25,
    version: 1,
    actor: 'bosun',
    command: '',
    cause: 0,
    event,
  };
}

/** From `first` to `last`; a life begins with `booted`. */
export function events(first: number, last: number, life = 0): readonly RecordedEvent[] {
  return Array.from({ length: last - first + 1 }, (_, index) => recorded(first + index, undefined, life));
}

export function life(first: number, last: number, number = 0): readonly RecordedEvent[] {
  return [recorded(first, BOOTED, number), ...events(first + 1, last, number)];
}

function note(text: string): BosunEvent {
  return { type: 'listener-failed', listener: 'x', reason: text };
}

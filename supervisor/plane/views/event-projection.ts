// From a recorded event to what the API shows of it: the fields that every event has, and the rest under `details`.
import type { RecordedEvent } from '../../core/event.ts';
import type { EventView } from '../../wire/event-view.ts';

export function projectEvent(recorded: RecordedEvent): EventView {
  const { type, ...fields } = recorded.event;
  const { service, ...details } = { service: '', ...fields };
  return {
    id: recorded.id,
    seq: recorded.seq,
    time: new Date(recorded.timeMs).toISOString(),
    monotonic_ms: recorded.monotonicMs,
    version: recorded.version,
    actor: recorded.actor,
    command: recorded.command,
    type,
    service,
    details: snakeKeys(details),
  };
}

function snakeKeys(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [snakeCase(key), snakeValue(value)]),
  );
}

function snakeValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeValue);
  return typeof value === 'object' && value !== null ? snakeKeys(value) : value;
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

// What whoever is attached to a job says besides its input. What cannot be understood is nothing.
import { constants } from 'node:os';
import type { SignalName } from '../../core/service-spec.ts';

type Size = { readonly columns: number; readonly rows: number };

const MOST_CELLS = 65_535;

export function readResize(payload: Buffer): Size | undefined {
  const { columns, rows } = readObject(payload);
  return isCount(columns) && isCount(rows) ? { columns, rows } : undefined;
}

export function readSignal(payload: Buffer): SignalName | undefined {
  const { signal } = readObject(payload);
  return typeof signal === 'string' && Object.hasOwn(constants.signals, signal)
    ? (signal as SignalName)
    : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MOST_CELLS;
}

function readObject(payload: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

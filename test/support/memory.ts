// Memory of a process, from /proc/PID/status, proc_pid_status(5).
import { readFileSync } from 'node:fs';

/** Resident now, and at most so far, in MiB. */
export type Memory = { readonly nowMib: number; readonly peakMib: number };

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { nowMib: mebibytes(text, 'VmRSS'), peakMib: mebibytes(text, 'VmHWM') };
}

export function describeMemory(moments: Readonly<Record<string, Memory>>): string {
  return Object.entries(moments)
    .map(([name, { nowMib, peakMib }]) => `${name} ${nowMib.toFixed(0)} MiB (peak ${peakMib.toFixed(0)})`)
    .join(', ');
}

function mebibytes(text: string, field: string): number {
  const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text) ?? [];
  if (kibibytes === undefined) throw new Error(`no ${field}`);
  return Number(kibibytes) / 1024;
}

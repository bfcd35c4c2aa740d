// How the lines of Bosun's own log are put together.
import type { Stray } from '../../core/stray.ts';
import type { OwnMessage } from './own-log.ts';

export function info(text: string, fields: Readonly<Record<string, unknown>> = {}): OwnMessage {
  return { level: 'info', text, fields };
}

export function warn(text: string): OwnMessage {
  return { level: 'warn', text };
}

export function error(text: string): OwnMessage {
  return { level: 'error', text };
}

export function nameProcesses(strays: readonly Stray[]): string {
  return strays.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
}

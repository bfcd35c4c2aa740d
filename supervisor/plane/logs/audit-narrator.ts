// The lines of the log about who was refused, whose keys changed, and what the store of the events has met.
import type { AuditEvent } from '../../core/event.ts';
import { error, info, warn } from './own-message.ts';
import type { OwnMessage } from './own-log.ts';

export function narrateAudit(event: AuditEvent): OwnMessage {
  switch (event.type) {
    case 'access-refused':
      return warn(`refused ${event.action} to ${event.peer}: ${event.reason}${times(event.count)}`);
    case 'key-changed':
      return info(`the API key ${event.key} (${event.name}, ${event.role}) was ${event.change}`);
    case 'certificates-reloaded':
      return event.outcome === 'loaded'
        ? info(`the certificates of ${event.listener} were read again`)
        : error(`the new certificates of ${event.listener} are not used: ${event.detail}`);
    case 'listener-failed':
      return error(`cannot listen on ${event.listener}: ${event.reason}; trying again`);
    case 'journal-failed':
      return error(`the journal cannot be written; events are held in memory: ${event.reason}`);
    case 'journal-recovered':
      return describeRecovery(event);
    case 'journal-set-aside':
      return error(`the journal could not be read and is set aside as ${event.file}: ${event.reason}`);
    case 'views-rebuilt':
      return info(`the views were rebuilt from ${event.events} events: ${event.differences} differences`);
  }
}

function times(count: number): string {
  return count === 1 ? '' : ` (${count} times)`;
}

function describeRecovery({ held, lost }: Extract<AuditEvent, { type: 'journal-recovered' }>): OwnMessage {
  const text = `the journal is written again, with ${held} events that had been held in memory`;
  return lost === 0 ? info(text) : warn(`${text}; ${lost} are lost`);
}

// The lines of the log about who has told an application what.
import type { ApplicationEvent, NotedSetting } from '../../core/application-event.ts';
import type { Actor } from '../../core/actor.ts';
import type { BosunEvent } from '../../core/event.ts';
import type { SettingValue } from '../../core/application-spec.ts';
import { writeSetting } from '../../wire/setting-text.ts';
import { info, warn } from './own-message.ts';
import type { OwnMessage } from './own-log.ts';

const SHOWN = 5;

export function isOfApplication<Event extends BosunEvent>(
  event: Event,
): event is Extract<Event, ApplicationEvent> {
  return event.type === 'application-changed' || event.type === 'application-change-failed';
}

export function narrateApplication(event: ApplicationEvent, actor: Actor): OwnMessage {
  const { service, changes } = event;
  const what = nameChanges(changes);
  switch (event.type) {
    case 'application-changed':
      return info(`${service} was told by ${actor}: ${what} (revision ${event.revision})`);
    case 'application-change-failed':
      return warn(`${service} was ${HOW[event.effect]} told by ${actor}: ${what}: ${event.reason}`);
  }
}

const HOW = { none: 'not', unknown: 'perhaps' } as const;

function nameChanges(changes: readonly NotedSetting[]): string {
  const shown = changes.slice(0, SHOWN).map(({ key, old, new: fresh }) => `${key}: ${from(old)}${to(fresh)}`);
  const rest = changes.length - shown.length;
  return `${shown.join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`;
}

function from(old: SettingValue | undefined): string {
  return old === undefined ? '' : `${writeSetting(old)} -> `;
}

function to(fresh: SettingValue | undefined): string {
  return fresh === undefined ? '(gone)' : writeSetting(fresh);
}

// The settings of an application as the API shows them: what looks like a secret is masked.
import type { ApplicationView } from '../../wire/application-view.ts';
import { isMasked, showSetting, type Settings } from '../application/settings.ts';

export function showSettings(service: string, { revision, values }: Settings): ApplicationView {
  const entries = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    service,
    revision,
    values: Object.fromEntries(entries.map(([key, value]) => [key, showSetting(key, value)])),
    masked: entries.filter(([key, value]) => isMasked(key, value)).map(([key]) => key),
  };
}

// All settings of an application at one revision, what differs between two of them, and what may be shown of one.
import type { NotedSetting } from '../../core/application-event.ts';
import type { SettingValue } from '../../core/application-spec.ts';
import { looksSecret } from '../../core/secret-name.ts';
import { MASK } from '../../core/secrets.ts';

export type Settings = {
  readonly revision: number;
  readonly values: ReadonlyMap<string, SettingValue>;
};

/** Of a text in an event. */
const LONGEST_NOTED = 200;

/** In the order of the keys. */
export function changesBetween(before: Settings, after: Settings): readonly NotedSetting[] {
  const keys = [...new Set([...before.values.keys(), ...after.values.keys()])];
  return keys
    .toSorted()
    .filter((key) => before.values.get(key) !== after.values.get(key))
    .map((key) => changeOf(key, before.values.get(key), after.values.get(key)));
}

export function changeOf(
  key: string,
  old: SettingValue | undefined,
  fresh: SettingValue | undefined,
): NotedSetting {
  return {
    key,
    ...(old === undefined ? {} : { old: showSetting(key, old) }),
    ...(fresh === undefined ? {} : { new: showSetting(key, fresh) }),
  };
}

/** For an event, where texts are cut. */
export function noted({ key, ...values }: NotedSetting): NotedSetting {
  const cut = Object.entries(values).map(([when, value]) => [when, clip(value)] as const);
  return { key, ...Object.fromEntries(cut) };
}

export function showSetting(key: string, value: SettingValue): SettingValue {
  return isMasked(key, value) ? MASK : value;
}

/**
 * By the key's words. Of a number only those of its last part count: `db.password` may be one, `token_bucket.size` is none. Whether something
 * is on is no secret.
 */
export function isMasked(key: string, value: SettingValue): boolean {
  if (typeof value === 'number') return looksSecret(key.slice(key.lastIndexOf('.') + 1));
  return typeof value === 'string' && value !== '' && looksSecret(key);
}

function clip(value: SettingValue): SettingValue {
  if (typeof value !== 'string' || value.length <= LONGEST_NOTED) return value;
  return `${value.slice(0, LONGEST_NOTED)}...`;
}

// What is noted of the application channel: who has told an application what. The state of its service stays as it is.
import type { SettingValue } from './application-spec.ts';
import type { ServiceName } from './names.ts';

/** Values that look like secrets are masked, and long texts are cut. Left out: there was, or is, none. */
export type NotedSetting = { readonly key: string; readonly old?: SettingValue; readonly new?: SettingValue };

export type ApplicationEvent =
  | {
      readonly type: 'application-changed';
      readonly service: ServiceName;
      /** Of the application's settings, with these. */
      readonly revision: number;
      readonly changes: readonly NotedSetting[];
    }
  | {
      readonly type: 'application-change-failed';
      readonly service: ServiceName;
      /** What was to be set. */
      readonly changes: readonly NotedSetting[];
      /** `unknown`: it was sent, and no answer says what became of it. */
      readonly effect: 'none' | 'unknown';
      /** Of docs/reference/errors.md. */
      readonly code: string;
      readonly reason: string;
    };

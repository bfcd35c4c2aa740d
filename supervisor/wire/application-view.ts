// The settings of an application as the API shows them. Where a value looks like a secret, `***` stands in its place.
import { z } from 'zod';

const settingValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const settings = {
  service: z.string(),
  /** Of the application's settings; it only grows. */
  revision: z.int(),
  values: z.record(z.string(), settingValue),
  /** The keys whose values are not shown. */
  masked: z.array(z.string()),
};
/** `old` and `new` are left out where there is none. */
const settingChange = z.strictObject({
  key: z.string(),
  old: settingValue.optional(),
  new: settingValue.optional(),
});

export const applicationView = z.strictObject(settings);

/** The answer to a change. */
export const applicationChangedView = z.strictObject({
  service: z.string(),
  revision: z.int(),
  /** Each key that was to be set, with what it was and what it is now. */
  changes: z.array(settingChange),
  command: z.string(),
  last_event_id: z.int(),
});

/** Some values have changed, whoever did it. */
export const applicationChangeView = z.strictObject({
  service: z.string(),
  revision: z.int(),
  changes: z.array(settingChange),
});

/** The application does not answer; `code` is one of docs/reference/errors.md. */
export const applicationAwayView = z.strictObject({
  service: z.string(),
  code: z.string(),
  reason: z.string(),
});

/** It answers again. */
export const applicationBackView = z.strictObject({ service: z.string(), revision: z.int() });

export type SettingValue = z.infer<typeof settingValue>;
export type ApplicationView = z.infer<typeof applicationView>;
export type ApplicationChangedView = z.infer<typeof applicationChangedView>;
export type ApplicationChangeView = z.infer<typeof applicationChangeView>;
export type ApplicationAwayView = z.infer<typeof applicationAwayView>;
export type ApplicationBackView = z.infer<typeof applicationBackView>;
export type SettingChangeView = z.infer<typeof settingChange>;

// API keys as the API shows them. The key itself is in the answer that made it, and nowhere else.
import { z } from 'zod';
import { ROLES } from '../core/control-access.ts';

export const keyView = z.strictObject({
  /** Public: the part of the key before its secret. Routes, events and actors (`key:ID`) name it by this. */
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  created: z.iso.datetime(),
  /** When it ends, after a rotation with an overlap; null: it stays until it is revoked. */
  expires: z.iso.datetime().nullable(),
});

export const keysView = z.strictObject({ keys: z.array(keyView) });

/** Of a key that was made or rotated: what to send as `X-API-Key`. It cannot be asked for again. */
export const newKeyView = keyView.extend({
  key: z.string(),
  /** After a rotation: the key that this one is instead of, and until when that one is good; null when it has ended. */
  replaces: z.strictObject({ id: z.string(), expires: z.iso.datetime().nullable() }).optional(),
});

export type KeyView = z.infer<typeof keyView>;
export type KeysView = z.infer<typeof keysView>;
export type NewKeyView = z.infer<typeof newKeyView>;

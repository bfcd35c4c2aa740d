// What stands in `api-keys.json`.
import { z } from 'zod';
import { ROLES } from '../../core/control-access.ts';

const keyRecord = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  name: z.string(),
  role: z.enum(ROLES),
  /** Of the whole key, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  expires: z.iso.datetime().nullable(),
});
const keyFile = z.strictObject({ version: z.literal(1), keys: z.array(keyRecord) });

export type KeyRecord = z.infer<typeof keyRecord>;

type ParsedKeyFile =
  | { readonly kind: 'ok'; readonly keys: readonly KeyRecord[] }
  | { readonly kind: 'wrong'; readonly reason: string };

export function parseKeyFile(value: unknown): ParsedKeyFile {
  const parsed = keyFile.safeParse(value);
  if (parsed.success) return { kind: 'ok', keys: parsed.data.keys };
  return { kind: 'wrong', reason: z.prettifyError(parsed.error) };
}

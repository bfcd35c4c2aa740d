// Which rotated files have to go. A pure function: whoever removes them looks at the directory.
import type { RotatedName } from '../../core/log-file-name.ts';
import type { LogFileSpec } from '../../core/log-spec.ts';

export type RotatedFile = RotatedName & { readonly bytes: number };

type Limits = Pick<LogFileSpec, 'maxBytes' | 'totalBytes' | 'keep'>;

/** Of the current file. At most half of the total, so that there is always a rotated one beside it; Infinity: none. */
export function fileLimit({ maxBytes, totalBytes }: Omit<Limits, 'keep'>): number {
  const own = maxBytes > 0 ? maxBytes : Infinity;
  return totalBytes > 0 ? Math.min(own, Math.ceil(totalBytes / 2)) : own;
}

/** The newest first. */
export function byAge(one: RotatedName, other: RotatedName): number {
  return other.number - one.number;
}

/** The oldest, so that what is left is within the limits also when the current file has grown as large as it may. */
export function surplusOf(files: readonly RotatedFile[], limits: Limits): readonly string[] {
  const most = limits.keep > 0 ? limits.keep : Infinity;
  const room = limits.totalBytes > 0 ? limits.totalBytes - fileLimit(limits) : Infinity;
  const numbers = new Set<number>();
  let bytes = 0;
  return [...files]
    .sort(byAge)
    .filter((file) => {
      // One that is being replaced by its compressed form is there twice, and counts once.
      numbers.add(file.number);
      bytes += file.bytes;
      return numbers.size > most || bytes > room;
    })
    .map(({ name }) => name);
}

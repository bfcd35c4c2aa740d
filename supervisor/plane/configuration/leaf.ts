// The leaves of a specification: single values under the keys by which people know them, and how two sets of them differ. A value
// is compared in any case, and shown only where it can hold no secret.
import { isSameData } from '../../core/same-data.ts';
import type { DifferenceView } from '../../wire/plan-view.ts';

export type Leaf = {
  /** As in the file, such as `restart.policy`. */
  readonly key: string;
  readonly value: unknown;
  /** Null when it must not be, or cannot be, shown in a few words. */
  readonly text: string | null;
};

/** A value that is undefined is none. */
export function shown(key: string, value: unknown, text = String(value)): Leaf {
  return { key, value, text };
}

export function hidden(key: string, value: unknown): Leaf {
  return { key, value, text: null };
}

/** Leaves with no value at all are as good as absent. */
export function differences(before: readonly Leaf[], after: readonly Leaf[]): readonly DifferenceView[] {
  const old = byKey(before);
  const fresh = byKey(after);
  const keys = new Set([...old.keys(), ...fresh.keys()]);
  return [...keys].flatMap((key) => differenceOf(key, old.get(key), fresh.get(key)) ?? []);
}

function byKey(leaves: readonly Leaf[]): ReadonlyMap<string, Leaf> {
  return new Map(leaves.filter((leaf) => leaf.value !== undefined).map((leaf) => [leaf.key, leaf]));
}

function differenceOf(
  key: string,
  before: Leaf | undefined,
  after: Leaf | undefined,
): DifferenceView | undefined {
  if (before === undefined) return { key, how: 'added', before: null, after: after?.text ?? null };
  if (after === undefined) return { key, how: 'removed', before: before.text, after: null };
  if (isSameData(before.value, after.value)) return undefined;
  return { key, how: 'changed', before: before.text, after: after.text };
}

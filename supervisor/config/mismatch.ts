// zod's issues in fewer kinds: unions are resolved to the alternative that was meant, nested paths are whole. The only file that
// knows what zod's issues look like.
import type * as z from 'zod';
import type { Path } from './plain-value.ts';

export type Mismatch =
  /** The value is of a type that none of `expected` is; a missing value too. */
  | { readonly kind: 'type'; readonly path: Path; readonly expected: readonly string[] }
  | { readonly kind: 'unknown-keys'; readonly path: Path; readonly keys: readonly string[] }
  /** Not one of the words that may stand there. */
  | { readonly kind: 'choice'; readonly path: Path; readonly choices: readonly string[] }
  /** A key of a map of names, such as `depends_on`. */
  | { readonly kind: 'bad-key'; readonly path: Path }
  | { readonly kind: 'limit'; readonly path: Path; readonly limit: string }
  | { readonly kind: 'format'; readonly path: Path }
  | { readonly kind: 'custom'; readonly path: Path; readonly message: string; readonly remedy: string };

type Issue = z.core.$ZodIssue;

export function toMismatches(issues: readonly Issue[], base: Path = []): readonly Mismatch[] {
  return issues.flatMap((issue) => toMismatch(issue, [...base, ...issue.path.map(plainKey)]));
}

function plainKey(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

function toMismatch(issue: Issue, path: Path): readonly Mismatch[] {
  switch (issue.code) {
    case 'invalid_type':
      return [{ kind: 'type', path, expected: [issue.expected] }];
    case 'unrecognized_keys':
      return [{ kind: 'unknown-keys', path, keys: issue.keys }];
    case 'invalid_value':
      return [{ kind: 'choice', path, choices: issue.values.map(String) }];
    case 'invalid_union':
      return resolveUnion(issue.errors, path);
    case 'invalid_key':
      return [{ kind: 'bad-key', path }];
    case 'too_small':
      return [{ kind: 'limit', path, limit: `at least ${issue.minimum}${noun(issue.origin)}` }];
    case 'too_big':
      return [{ kind: 'limit', path, limit: `at most ${issue.maximum}${noun(issue.origin)}` }];
    case 'invalid_format':
      return [{ kind: 'format', path }];
    case 'custom':
      return [{ kind: 'custom', path, message: issue.message, remedy: remedyOf(issue.params) }];
    case 'not_multiple_of':
    case 'invalid_element':
      return [{ kind: 'custom', path, message: issue.message, remedy: '' }];
  }
}

/** The alternative whose type is right is the one that was meant; if none is, any of the types would do. */
function resolveUnion(alternatives: readonly (readonly Issue[])[], path: Path): readonly Mismatch[] {
  const meant = alternatives.find((issues) => !issues.some(isTypeOfWhole));
  if (meant !== undefined) return toMismatches(meant, path);
  const expected = alternatives.flatMap((issues) =>
    issues.flatMap((issue) =>
      issue.code === 'invalid_type' && issue.path.length === 0 ? [issue.expected] : [],
    ),
  );
  return [{ kind: 'type', path, expected }];
}

function isTypeOfWhole(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function noun(origin: string): string {
  if (origin === 'array') return ' in the list';
  return origin === 'string' ? ' character' : '';
}

function remedyOf(params: Readonly<Record<string, unknown>> | undefined): string {
  const remedy = params?.['remedy'];
  return typeof remedy === 'string' ? remedy : '';
}

// The answer of every small parser of this folder: a value, or what is wrong and what to write instead.

export type Parsed<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'error'; readonly message: string; readonly remedy: string };

export function ok<Value>(value: Value): Parsed<Value> {
  return { kind: 'ok', value };
}

export function wrong(message: string, remedy: string): Parsed<never> {
  return { kind: 'error', message, remedy };
}

/** A value as it is named in a message; never longer than a line. */
export function quote(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}..."`;
}

// Where two values of plain data differ, as paths such as `fleet.services.0.wanted`. A field that is undefined is as one that is not
// there: JSON does not keep it.

const MOST_PATHS = 100;

export function differencePaths(a: unknown, b: unknown): readonly string[] {
  const paths: string[] = [];
  compare(a, b, '', paths);
  return paths;
}

function compare(a: unknown, b: unknown, path: string, paths: string[]): void {
  if (Object.is(a, b) || paths.length >= MOST_PATHS) return;
  if (!isRecord(a) || !isRecord(b) || Array.isArray(a) !== Array.isArray(b)) {
    paths.push(path);
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    compare(a[key], b[key], path === '' ? key : `${path}.${key}`, paths);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

// A value as YAML in flow style, on one line: the examples of messages and of the reference, to be written as they are shown.

/** Characters that mean nothing else in YAML 1.2, also within brackets; a space or a colon only between two of them. */
const HARMLESS = /^[\w./-](?:[\w./=@-]|[ :](?=[\w./=@-]))*$/;
const NOT_TEXT = /^(?:true|false|null|[-+]?\.inf|\.nan|- .*|-)$/i;

function isPlainText(value: string): boolean {
  return (
    HARMLESS.test(value) && !NOT_TEXT.test(value) && Number.isNaN(Number(value)) && !value.includes(': ')
  );
}

export function flowYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowYaml).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, part]) => `${key}: ${flowYaml(part)}`);
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  if (isPlainText(value)) return value;
  return /['\u0000-\u001f]/.test(value) ? JSON.stringify(value) : `'${value}'`;
}

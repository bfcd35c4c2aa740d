// A log line for people: the name of its service and its time before it where they are wanted, and then the bytes as they were written. A long
// line is not folded: whoever copies it has to get it whole.
import type { LogLineView } from '../wire/log-view.ts';
import type { Style, Terminal } from './terminal.ts';

export type LineStyle = { readonly names: 'shown' | 'hidden'; readonly times: 'shown' | 'hidden' };

/** Not red, which means that something is wrong. */
const STYLES: readonly Style[] = ['cyan', 'yellow', 'green', 'magenta', 'blue'];
const NO_TIME = '-';

/** What stands before the lines of a service: its name in a column, on a terminal in a colour of its own. */
export function nameColumn(
  names: readonly string[],
  terminal: Pick<Terminal, 'paint'>,
): (service: string) => string {
  const width = Math.max(0, ...names.map((name) => name.length));
  const columns = new Map(
    names.map((name, index) => {
      const style = STYLES[index % STYLES.length] ?? 'bold';
      return [name, terminal.paint(style, `${name.padEnd(width)} |`)] as const;
    }),
  );
  return (service) => columns.get(service) ?? `${service.padEnd(width)} |`;
}

export function renderLine(
  { time = NO_TIME, line, base64 }: LogLineView,
  column: string,
  { names, times }: LineStyle,
): string | Buffer {
  const before = `${names === 'shown' ? `${column} ` : ''}${times === 'shown' ? `${time} ` : ''}`;
  if (base64 === undefined) return `${before}${line}\n`;
  return Buffer.concat([Buffer.from(before), Buffer.from(base64, 'base64'), Buffer.from('\n')]);
}

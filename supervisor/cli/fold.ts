// Sentences within the usual width, for messages that somebody may copy from: only between words, so a path, a name or a command
// stays whole. The lines after the first are indented.

const COLUMNS = 80;
const INDENT = 2;

/** `indent`: of the first line, which the caller has written. */
export function foldText(text: string, indent = INDENT): string {
  const [first = '', ...more] = text.split(' ');
  let column = indent + first.length;
  const folded = more.map((word) => {
    const fits = column + 1 + word.length <= COLUMNS;
    column = fits ? column + 1 + word.length : INDENT + word.length;
    return fits ? ` ${word}` : `\n  ${word}`;
  });
  return first + folded.join('');
}

/** One that stands by itself, with its end of line. */
export function foldLine(text: string): string {
  return `${foldText(text, 0)}\n`;
}

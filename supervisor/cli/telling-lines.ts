// Which of the last lines of a program say why it failed: the newest, and where none of those says it, the line before them that does (the
// message above a stack trace). Of lines about a taken address, the ports that they name.
const LINES_SHOWN = 5;

const ERRNO = /\bE[A-Z]{3,}\b/;
const TELLING =
  /\b(?:error|fatal|panic|exception|denied|refused|cannot|can't|could not|unable|invalid|unknown|missing|not found|no such|in use|no space)\b/i;
const TAKEN = /EADDRINUSE|address (?:is )?already in use|connection in use|port .{0,40}(?:in use|taken)/i;

/** The newest lines; before them, and then without the oldest of them, the last line that says what went wrong. */
export function tellingLines(lines: readonly string[]): readonly string[] {
  const written = lines.filter((line) => line.trim() !== '');
  const newest = written.slice(-LINES_SHOWN);
  if (newest.some(isTelling)) return newest;
  const telling = written.findLast(isTelling);
  return telling === undefined ? newest : [telling, ...newest.slice(1)];
}

function isTelling(line: string): boolean {
  return TELLING.test(line) || ERRNO.test(line);
}

/** Every number that may be the port, in lines that say that an address is in use. */
export function takenPorts(lines: readonly string[]): readonly number[] {
  const numbers = lines
    .filter((line) => TAKEN.test(line))
    .flatMap((line) => [...line.matchAll(/(?<![\d.])\d{1,5}(?![\d.])/g)].map(([text]) => Number(text)));
  return [...new Set(numbers)].filter((number) => number > 0 && number <= 65_535);
}

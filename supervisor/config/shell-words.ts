// Splits a command line into words by the quoting rules of POSIX sh (XCU 2.2), without a shell: no globs, no variables.
// What only a shell could do (pipes, redirections, lists) is refused, because passing it on as an argument would surprise.
import { ok, quote, wrong, type Parsed } from './parsed.ts';

const OPERATORS = ['&&', '||', ';;', '>>', '<<', '|', '&', ';', '>', '<', '(', ')', '`'];

type Scan = { readonly text: string; at: number; readonly words: string[]; word: string | undefined };
type Stop = Parsed<never> | undefined;

export function splitShellWords(text: string): Parsed<string[]> {
  const scan: Scan = { text, at: 0, words: [], word: undefined };
  while (scan.at < text.length) {
    const stop = step(scan);
    if (stop !== undefined) return stop;
  }
  endWord(scan);
  return ok(scan.words);
}

function step(scan: Scan): Stop {
  const char = scan.text[scan.at] ?? '';
  if (char === "'") return takeSingleQuoted(scan);
  if (char === '"') return takeDoubleQuoted(scan);
  if (char === '\\') return takeEscape(scan);
  if (/\s/.test(char)) endWord(scan);
  else if (char === '#' && scan.word === undefined) return comment();
  else {
    const operator = OPERATORS.find((candidate) => scan.text.startsWith(candidate, scan.at));
    if (operator !== undefined) return shellNeeded(scan.text, operator);
    append(scan, char);
  }
  scan.at += 1;
  return undefined;
}

function append(scan: Scan, text: string): void {
  scan.word = (scan.word ?? '') + text;
}

function endWord(scan: Scan): void {
  if (scan.word !== undefined) scan.words.push(scan.word);
  scan.word = undefined;
}

function takeSingleQuoted(scan: Scan): Stop {
  const end = scan.text.indexOf("'", scan.at + 1);
  if (end < 0) return unclosed('single quote');
  append(scan, scan.text.slice(scan.at + 1, end));
  scan.at = end + 1;
  return undefined;
}

function takeDoubleQuoted(scan: Scan): Stop {
  append(scan, '');
  for (let at = scan.at + 1; at < scan.text.length; at += 1) {
    const char = scan.text[at] ?? '';
    if (char === '"') {
      scan.at = at + 1;
      return undefined;
    }
    const next = scan.text[at + 1] ?? '';
    // Within double quotes a backslash quotes these four only, and joins lines.
    const escapes = char === '\\' && next !== '' && '$`"\\\n'.includes(next);
    if (escapes) at += 1;
    append(scan, escapes ? next.replace('\n', '') : char);
  }
  return unclosed('double quote');
}

function takeEscape(scan: Scan): Stop {
  const next = scan.text[scan.at + 1];
  if (next === undefined)
    return wrong('ends with a backslash that quotes nothing', 'Remove it, or write the command as a list.');
  if (next !== '\n') append(scan, next);
  scan.at += 2;
  return undefined;
}

function unclosed(what: string): Parsed<never> {
  return wrong(
    `has a ${what} that is not closed`,
    'Close the quote, or write the command as a list: [program, argument].',
  );
}

function comment(): Parsed<never> {
  return wrong('has an unquoted "#" at the start of a word', 'Quote it, or write the command as a list.');
}

function shellNeeded(text: string, operator: string): Parsed<never> {
  const shell = `[sh, -c, ${JSON.stringify(text.length <= 120 ? text : '...')}]`;
  return wrong(
    `has the shell operator ${quote(operator)}, but no shell runs it`,
    `If a shell is wanted, write ${shell}; if not, quote the word or write the command as a list.`,
  );
}

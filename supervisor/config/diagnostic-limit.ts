// Keeps the list of diagnostics readable and bounded when a file is hopeless. Never hides that there are errors: the first
// ones of every file stay, and what is left out is counted.
import { wholeFile, type Diagnostic } from './diagnostic.ts';

const MAX_PER_FILE = 100;

/** Takes them sorted by file. */
export function limitPerFile(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_PER_FILE) return diagnostics;
  const byFile = Map.groupBy(diagnostics, (diagnostic) => diagnostic.file);
  return [...byFile].flatMap(([file, own]) => limit(file, own));
}

/** The instances of a template have one file, and what is wrong in it is wrong once. */
export function withoutRepeats(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ file, line, column, message }) => {
    const id = JSON.stringify([file, line, column, message]);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

function limit(file: string, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= MAX_PER_FILE) return diagnostics;
  // Errors before warnings: a file full of warnings must not lose its one error.
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const warnings = diagnostics.filter((diagnostic) => diagnostic.severity === 'warning');
  const kept = [...errors, ...warnings].slice(0, MAX_PER_FILE);
  const message = `${diagnostics.length - kept.length} more are not shown`;
  const severity = errors.length > 0 ? 'error' : 'warning';
  return [...kept, wholeFile(file, { severity, key: '', message, remedy: 'Correct these first.' })];
}

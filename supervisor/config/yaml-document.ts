// Text to a YAML tree, with what is wrong with its syntax. The package `yaml` (YAML 1.2, core schema) does the work;
// this file turns its errors into diagnostics and keeps it from throwing on hostile input.
import { parseDocument, type Document, type YAMLError } from 'yaml';
import type { Diagnostic } from './diagnostic.ts';
import { diagnose, lineSpan, type Source } from './source.ts';

export type ParsedYaml =
  | { readonly kind: 'parsed'; readonly document: Document }
  | { readonly kind: 'broken'; readonly diagnostics: readonly Diagnostic[] };

/** After the first few, the errors of a broken syntax only follow from one another. */
const MAX_SYNTAX_ERRORS = 10;

export function parseYaml(source: Source): ParsedYaml {
  try {
    // Duplicate keys are found while the tree is read: the package compares every key with every other.
    const document = parseDocument(source.text, { uniqueKeys: false, prettyErrors: false });
    const faults = [...document.errors.slice(0, MAX_SYNTAX_ERRORS), ...document.warnings.slice(0, 1)];
    if (faults.length === 0) return { kind: 'parsed', document };
    return {
      kind: 'broken',
      diagnostics: withoutEchoes(faults.map((fault) => explainSyntax(source, fault))),
    };
  } catch {
    // The composer is recursive, and the stack is not endless.
    const remedy = 'Check the brackets and the indentation.';
    const finding = { key: '', message: 'is nested too deeply to be read as YAML', remedy };
    return { kind: 'broken', diagnostics: [diagnose(source, lineSpan(source, 1), finding)] };
  }
}

function explainSyntax(source: Source, fault: YAMLError): Diagnostic {
  const [start, end] = fault.pos;
  const at = diagnose(source, { start, end }, { key: '', message: '', remedy: '' });
  const explanation = EXPLANATIONS[fault.code] ?? {
    message: `not valid YAML: ${fault.message}`,
    remedy: GENERAL,
  };
  if (/[{[,:]\s*\$\{/.test(at.sourceLine) && fault.code === 'UNEXPECTED_TOKEN') {
    return diagnose(source, { start, end }, { key: '', ...explanation, remedy: QUOTE_VARIABLE });
  }
  return diagnose(source, { start, end }, { key: '', ...explanation });
}

const GENERAL = 'Check the indentation, the quotes and the brackets on this line and the one before it.';
const QUOTE_VARIABLE = 'Within { } and [ ] a variable must be quoted: { port: "${PORT}" }.';

/** Where the package's own words do not say what to do next. */
const EXPLANATIONS: Partial<Record<YAMLError['code'], { message: string; remedy: string }>> = {
  TAB_AS_INDENT: {
    message: 'a tab is used for indentation, which YAML forbids',
    remedy: 'Indent with spaces.',
  },
  MULTIPLE_DOCS: {
    message: 'a second YAML document starts here',
    remedy:
      'One file describes one thing: remove the "---" and what follows, or move it to a file of its own.',
  },
  TAG_RESOLVE_FAILED: {
    message: 'this YAML tag has no meaning here',
    remedy: 'Remove the tag; put text that starts with "!" in quotes.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second "key: value" starts within a value',
    remedy: 'Put text that contains ": " in quotes, or check the indentation of this line.',
  },
  RESOURCE_EXHAUSTION: {
    message: 'is nested too deeply to be read as YAML',
    remedy: 'Check the brackets and the indentation.',
  },
};

/** The parser reports the rest of a broken line again and again; the first fault of a line says it. */
function withoutEchoes(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<number>();
  return diagnostics.filter((diagnostic) => {
    if (seen.has(diagnostic.line)) return false;
    seen.add(diagnostic.line);
    return true;
  });
}

// ${VAR} in values, as Compose expands it: https://docs.docker.com/reference/compose-file/interpolation/
// Owns the syntax and its meaning. Where values come from is the caller's: it gives the lookup.

export type Lookup = (name: string) => string | undefined;

export type Interpolated =
  | {
      readonly kind: 'ok';
      readonly text: string;
      /** Plain variables that had no value and became empty. */
      readonly unset: readonly string[];
      /** `expanded`: there was a variable in the text. */
      readonly origin: 'written' | 'expanded';
    }
  | {
      readonly kind: 'error';
      readonly message: string;
      readonly remedy: string;
      /** The text at fault, to be looked for in the source. */
      readonly expression: string;
    };

type Operator = '' | ':-' | '-' | ':?' | '?' | ':+' | '+';
type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly operator: Operator;
      readonly word: readonly Segment[];
      readonly expression: string;
    };

const MAX_DEPTH = 32;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:-|-|:\?|\?|:\+|\+/y;
const DOLLAR = 'For a dollar sign write $$.';

/** Thrown and caught within this file: the way out of nested expressions. */
class TemplateFault extends Error {
  readonly remedy: string;
  readonly expression: string;
  constructor(message: string, remedy: string, expression: string) {
    super(message);
    this.remedy = remedy;
    this.expression = expression;
  }
}

/** `maxLength` bounds the result, in characters: variables may be long and named often. */
export function interpolate(text: string, lookup: Lookup, maxLength = 1 << 20): Interpolated {
  try {
    const segments = parseSegments({ text, at: 0, depth: 0, braces: 0 });
    const evaluation = { lookup, unset: [] as string[], room: maxLength };
    const expanded = evaluate(segments, evaluation);
    const origin = segments.some(({ kind }) => kind === 'variable') ? 'expanded' : 'written';
    return { kind: 'ok', text: expanded, unset: evaluation.unset, origin };
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    return { kind: 'error', message: error.message, remedy: error.remedy, expression: error.expression };
  }
}

type Cursor = {
  readonly text: string;
  at: number;
  readonly depth: number;
  /** Literal braces that are open. */
  braces: number;
};

/** At depth 0 to the end of the text, deeper to the brace that closes the expression, which is left in place. */
function parseSegments(cursor: Cursor): Segment[] {
  const segments: Segment[] = [];
  while (cursor.at < cursor.text.length) {
    const literal = parseLiteral(cursor);
    if (literal !== '') segments.push({ kind: 'literal', text: literal });
    if (cursor.text[cursor.at] !== '$') break;
    segments.push(parseVariable(cursor));
  }
  return segments;
}

/** To the next variable, the end of the text, or the brace that closes the expression. */
function parseLiteral(cursor: Cursor): string {
  const { text, depth } = cursor;
  let literal = '';
  for (; cursor.at < text.length; cursor.at += 1) {
    const char = text[cursor.at] ?? '';
    if (char === '$' && text[cursor.at + 1] !== '$') break;
    if (char === '$') cursor.at += 1;
    if (depth > 0 && char === '}' && cursor.braces === 0) break;
    // A default may hold balanced braces, such as {"a": 1}.
    if (char === '{') cursor.braces += 1;
    if (char === '}') cursor.braces -= 1;
    literal += char;
  }
  return literal;
}

/** From the dollar to behind the expression. */
function parseVariable(cursor: Cursor): Segment {
  const start = cursor.at;
  const braced = cursor.text[start + 1] === '{';
  const name = match(NAME, cursor.text, start + (braced ? 2 : 1));
  if (name === '') throw malformed(cursor.text, start);
  cursor.at = start + (braced ? 2 : 1) + name.length;
  if (!braced) {
    return { kind: 'variable', name, operator: '', word: [], expression: `$${name}` };
  }
  const operator = match(OPERATOR, cursor.text, cursor.at);
  cursor.at += operator.length;
  const word = operator === '' ? [] : parseWord(cursor, start);
  if (cursor.text[cursor.at] !== '}') throw malformed(cursor.text, start);
  cursor.at += 1;
  const expression = cursor.text.slice(start, cursor.at);
  return { kind: 'variable', name, operator: operator as Operator, word, expression };
}

function parseWord(cursor: Cursor, start: number): Segment[] {
  if (cursor.depth >= MAX_DEPTH) {
    throw new TemplateFault(`has more than ${MAX_DEPTH} nested expressions`, 'Write it simpler.', '${');
  }
  const inner = { text: cursor.text, at: cursor.at, depth: cursor.depth + 1, braces: 0 };
  const word = parseSegments(inner);
  if (inner.at >= inner.text.length) throw malformed(cursor.text, start);
  cursor.at = inner.at;
  return word;
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function malformed(text: string, at: number): TemplateFault {
  const expression = text.slice(at, at + 20).split('\n')[0] ?? '$';
  if (text[at + 1] === '{') {
    const forms = 'Write ${VAR}, ${VAR:-default}, ${VAR:?message} or ${VAR:+other}.';
    return new TemplateFault(
      `has an expression that is not valid or not closed: ${expression}`,
      `${forms} ${DOLLAR}`,
      expression,
    );
  }
  return new TemplateFault(`has a "$" that starts no variable: ${expression}`, DOLLAR, expression);
}

type Evaluation = { readonly lookup: Lookup; readonly unset: string[]; room: number };

function evaluate(segments: readonly Segment[], evaluation: Evaluation): string {
  let text = '';
  for (const segment of segments) {
    const part = segment.kind === 'literal' ? segment.text : evaluateVariable(segment, evaluation);
    evaluation.room -= part.length;
    if (evaluation.room < 0)
      throw new TemplateFault('becomes too long when expanded', 'Use shorter values.', '$');
    text += part;
  }
  return text;
}

function evaluateVariable(segment: Segment & { kind: 'variable' }, evaluation: Evaluation): string {
  const { name, operator, word, expression } = segment;
  const value = evaluation.lookup(name);
  const hasValue = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  switch (operator) {
    case '':
      if (value === undefined) evaluation.unset.push(expression);
      return value ?? '';
    case ':-':
    case '-':
      return hasValue ? (value ?? '') : evaluate(word, evaluation);
    case ':+':
    case '+':
      return hasValue ? evaluate(word, evaluation) : '';
    case ':?':
    case '?': {
      if (hasValue) return value ?? '';
      const message = evaluate(word, evaluation);
      const why = message === '' ? '' : `: ${message}`;
      throw new TemplateFault(
        `needs the variable ${name}, which is not set${why}`,
        `Set ${name} in Bosun's environment.`,
        expression,
      );
    }
  }
}

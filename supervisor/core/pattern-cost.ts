// How long a regular expression (flag v) may take, as far as its text tells: JavaScript's engine tries alternatives one after the other, and
// nothing bounds how many. A reading of the text only; the pattern has been compiled before.

export type PatternCost =
  /** It takes twice the time for every further character: `(a+)+`. The part at fault. */
  | { readonly kind: 'runaway'; readonly part: string }
  | {
      readonly kind: 'bounded';
      /** The time grows with this power of the length of the line; Infinity: it may grow exponentially, depending on the line. */
      readonly power: number;
      /** ASCII characters that are in every line in which it matches; empty when none are known. */
      readonly required: string;
    };

export function examinePattern(pattern: string): PatternCost {
  const reader = new PatternReader(pattern);
  const whole = reader.readAlternatives();
  const { runaway } = reader;
  if (runaway !== undefined) return { kind: 'runaway', part: runaway };
  // And it is tried from each character on.
  return { kind: 'bounded', power: 1 + whole.power, required: whole.required };
}

type Part = {
  readonly required: string;
  readonly power: number;
  readonly length: 'none' | 'fixed' | 'varies' | 'unbounded';
  /** Whether it may be one thing or another. */
  readonly choice: 'one' | 'several';
  /** `separated`: something in it can be matched in one way only, so that repetitions of it do not run into each other. */
  readonly inside: 'separated' | 'unseparated';
};

type Count = { readonly min: number; readonly max: number };

const ASSERTION: Part = {
  required: '',
  power: 0,
  length: 'none',
  choice: 'one',
  inside: 'unseparated',
};
const ONE_CHARACTER: Part = { ...ASSERTION, length: 'fixed', inside: 'separated' };

/** Up to so many, what a repetition multiplies is little. */
const FEW = 8;
/** From so many on, it is as good as without an end. */
const MANY = 50;

const GROUP = /\((?:\?(?::|<?[=!]|<[^>]+>|[a-z]*(?:-[a-z]*)?:))?/vy;
const ESCAPE = /\\(?:k<[^>]*>|[pP]\{[^\}]*\}|u\{[^\}]*\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|c[A-Za-z]|\d+|.)/vy;
const COUNT = /(?:[*+?]|\{(\d+)(,(\d*))?\})\??/vy;

class PatternReader {
  readonly #text: string;
  #at = 0;
  /** The first part that is one. */
  runaway: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Up to the end, or to the bracket that closes a group. */
  readAlternatives(): Part {
    const alternatives = [this.#readSequence()];
    while (this.#text[this.#at] === '|') {
      this.#at += 1;
      alternatives.push(this.#readSequence());
    }
    this.#at += 1;
    const [only] = alternatives;
    if (only !== undefined && alternatives.length === 1) return only;
    return {
      required: '',
      power: Math.max(...alternatives.map(({ power }) => power)),
      length: alternatives.some(({ length }) => length === 'unbounded') ? 'unbounded' : 'varies',
      choice: 'several',
      inside: alternatives.every(({ inside }) => inside === 'separated') ? 'separated' : 'unseparated',
    };
  }

  #readSequence(): Part {
    const parts: Part[] = [];
    let literal = '';
    let required = '';
    while (this.#at < this.#text.length && !')|'.includes(this.#text[this.#at] ?? '')) {
      const start = this.#at;
      const { part, character } = this.#readPart();
      const count = this.#readCount();
      const whole = count === undefined ? part : this.#repeat(part, count, start);
      parts.push(whole);
      if (character !== '' && (count?.min ?? 1) > 0) literal += character;
      required = longer(required, longer(literal, whole.required));
      if (character === '' || count !== undefined) literal = '';
    }
    return joinParts(parts, required);
  }

  /** `character`: when it is one that stands for itself. */
  #readPart(): { readonly part: Part; readonly character: string } {
    const char = this.#text[this.#at] ?? '';
    if (char === '(') return { part: this.#readGroup(), character: '' };
    if (char === '[') return { part: this.#readClass(), character: '' };
    if (char === '\\') return this.#readEscape();
    this.#at += 1;
    if (char === '^' || char === '$') return { part: ASSERTION, character: '' };
    return { part: ONE_CHARACTER, character: char === '.' ? '' : ascii(char) };
  }

  #readGroup(): Part {
    const opening = this.#take(GROUP);
    const body = this.readAlternatives();
    if (opening.endsWith('!')) return { ...ASSERTION, power: body.power };
    if (opening.endsWith('=')) return { ...ASSERTION, power: body.power, required: body.required };
    // `(?i:`: other letters will do as well.
    return opening.endsWith(':') && opening !== '(?:' ? { ...body, required: '' } : body;
  }

  #readEscape(): { readonly part: Part; readonly character: string } {
    const escape = this.#take(ESCAPE);
    if (escape === '\\b' || escape === '\\B') return { part: ASSERTION, character: '' };
    if (/^\\(?:k<|[1-9])/v.test(escape)) return { part: { ...ASSERTION, length: 'varies' }, character: '' };
    return { part: ONE_CHARACTER, character: /^\\[^A-Za-z0-9]$/v.test(escape) ? escape.slice(1) : '' };
  }

  /** With the flag v they may be nested. */
  #readClass(): Part {
    let depth = 0;
    do {
      const char = this.#text[this.#at];
      if (char === '[') depth += 1;
      if (char === ']') depth -= 1;
      this.#at += char === '\\' ? 2 : 1;
    } while (depth > 0 && this.#at < this.#text.length);
    // `\q{ab|c}` is of several lengths, which changes nothing here.
    return ONE_CHARACTER;
  }

  #readCount(): Count | undefined {
    COUNT.lastIndex = this.#at;
    const match = COUNT.exec(this.#text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    const [text, min, range, max] = match;
    if (min !== undefined)
      return {
        min: Number(min),
        max: range === undefined ? Number(min) : Number(max === '' ? Infinity : max),
      };
    return { min: text.startsWith('+') ? 1 : 0, max: text.startsWith('?') ? 1 : Infinity };
  }

  #repeat(part: Part, count: Count, start: number): Part {
    const isRunaway = isEndless(count) && part.length === 'unbounded' && part.inside === 'unseparated';
    if (isRunaway) this.runaway ??= this.#text.slice(start, this.#at);
    const isThere = count.min > 0 && !isEndless(count);
    return {
      required: count.min > 0 ? part.required : '',
      power: powerOf(part, count),
      length: lengthOf(part, count),
      choice: part.choice,
      inside: isThere ? part.inside : 'unseparated',
    };
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? this.#text.charAt(this.#at);
    this.#at += text.length;
    return text;
  }
}

function joinParts(parts: readonly Part[], required: string): Part {
  const lengths = parts.map(({ length }) => length);
  return {
    required,
    power: parts.reduce((sum, { power }) => sum + power, 0),
    length: (['unbounded', 'varies', 'fixed'] as const).find((length) => lengths.includes(length)) ?? 'none',
    choice: parts.some(({ choice }) => choice === 'several') ? 'several' : 'one',
    inside: parts.some(({ inside }) => inside === 'separated') ? 'separated' : 'unseparated',
  };
}

function powerOf(part: Part, count: Count): number {
  const varies = part.length === 'varies' || part.length === 'unbounded' || part.choice === 'several';
  if (varies && count.max > FEW) return Infinity;
  return isEndless(count) ? part.power + 1 : part.power * Math.max(1, count.max);
}

function lengthOf(part: Part, count: Count): Part['length'] {
  if (isEndless(count) || part.length === 'unbounded') return 'unbounded';
  return count.min === count.max ? part.length : 'varies';
}

function isEndless({ min, max }: Count): boolean {
  return max >= MANY && max > min;
}

function ascii(char: string): string {
  return char < '\u0080' ? char : '';
}

function longer(one: string, other: string): string {
  return other.length > one.length ? other : one;
}

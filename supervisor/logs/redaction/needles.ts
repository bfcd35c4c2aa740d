// What is looked for in a service's lines: every form of every secret, as bytes without a newline, in pieces of a bounded length. Knows
// nothing of how they are found.
import { SHORTEST_GUESSED_BYTES, SHORTEST_LINE_BYTES, SHORTEST_NAMED_BYTES } from '../../core/secrets.ts';
import { formsOf } from './encoded-forms.ts';

/** Longer ones are looked for in pieces, so that a piece that is shown alone is found too. */
const LONGEST_NEEDLE_BYTES = 256;

/** RFC 7468, section 2: what frames a key is the same for everybody. */
const PEM_BOUNDARY = /^-----(BEGIN|END) [^\-]+-----$/v;

export function needlesOf(secrets: readonly string[]): readonly Buffer[] {
  const needles = new Map<string, Buffer>();
  for (const piece of secrets.flatMap(piecesOf)) needles.set(piece.toString('latin1'), piece);
  return [...needles.values()];
}

function piecesOf(secret: string): readonly Buffer[] {
  const value = secret.trim();
  if (Buffer.byteLength(value) < SHORTEST_NAMED_BYTES) return [];
  return formsOf(value).flatMap((form) =>
    linesOf(form)
      .map((line) => Buffer.from(line))
      .filter((line) => form === value || line.length >= SHORTEST_GUESSED_BYTES)
      .flatMap(inPieces),
  );
}

/** Blocks are whole lines, and nobody may make two of them one. */
function linesOf(form: string): readonly string[] {
  if (!form.includes('\n')) return [form];
  return form
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => Buffer.byteLength(line) >= SHORTEST_LINE_BYTES && !PEM_BOUNDARY.test(line));
}

/** The last piece is as long as the others: a short one would be found where it is not meant. */
function inPieces(line: Buffer): readonly Buffer[] {
  const count = Math.ceil(line.length / LONGEST_NEEDLE_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const start = Math.min(index * LONGEST_NEEDLE_BYTES, Math.max(0, line.length - LONGEST_NEEDLE_BYTES));
    return line.subarray(start, start + LONGEST_NEEDLE_BYTES);
  });
}

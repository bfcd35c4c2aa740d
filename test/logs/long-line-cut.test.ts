import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formsOf } from '../../supervisor/logs/redaction/encoded-forms.ts';
import { createLongLineCut } from '../../supervisor/logs/redaction/long-line-cut.ts';
import { createRedactor } from '../../supervisor/logs/redaction/redactor.ts';

const SECRET = 'correct-horse-battery';

const oneOf = (letters: string) => fc.nat({ max: letters.length - 1 }).map((at) => letters.charAt(at));

function cutOf(piece: string, secrets: readonly string[]): number | undefined {
  return createLongLineCut(secrets)?.(Buffer.from(piece));
}

test('a piece ends before a secret that is not whole in it', () => {
  for (let length = 1; length < SECRET.length; length += 1)
    assert.equal(cutOf(`some text ${SECRET.slice(0, length)}`, [SECRET]), 'some text '.length);
});

test('and before the longest form of one', () => {
  const longest = formsOf(SECRET).reduce((one, other) => (other.length > one.length ? other : one));
  for (const length of [1, longest.length - 1])
    assert.equal(cutOf(`some text ${longest.slice(0, length)}`, [SECRET]), 'some text '.length);
});

test('a piece is whole when no secret is cut', () => {
  for (const piece of [`some text ${SECRET}`, 'some text', `${SECRET} ${SECRET.slice(1)}`])
    assert.equal(cutOf(piece, [SECRET]), piece.length);
});

test('a piece ends before one that is whole when another one begins in it', () => {
  assert.equal(cutOf('xx abcdefgh', ['abcdefgh', 'efghijkl']), 3);
});

test('where there is nothing but secrets the piece is whole, so that it comes to an end', () => {
  assert.equal(cutOf('aaaaaaaaaaaa', ['aaaa']), 12);
  assert.equal(cutOf('abc', ['abcd']), 3);
});

test('without secrets there is nothing to keep together', () => {
  assert.equal(createLongLineCut([]), undefined);
  assert.equal(cutOf('some text ab', ['abc']), 12);
});

test('property: in pieces of a line nothing is left of a secret that is not left in the whole', () => {
  const letters = oneOf('abcd');
  const secret = fc.string({ unit: letters, minLength: 4, maxLength: 8 });
  const line = fc.string({ unit: oneOf('abcd|'), maxLength: 120 });
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      line,
      fc.integer({ min: 40, max: 60 }),
      (secrets, text, limit) => {
        const cut = createLongLineCut(secrets);
        const redact = createRedactor({ secrets, patterns: [] });
        assert.ok(cut !== undefined);
        const shown: string[] = [];
        let rest = Buffer.from(text);
        while (rest.length > limit) {
          const length = cut(rest.subarray(0, limit));
          // Only where secrets fill all of it.
          fc.pre(length < limit || !endsInSecret(rest, limit, secrets));
          shown.push(Buffer.from(redact(rest.subarray(0, length)).bytes).toString());
          rest = rest.subarray(length);
        }
        shown.push(Buffer.from(redact(rest).bytes).toString());
        const whole = Buffer.from(redact(Buffer.from(text)).bytes).toString();
        // Two halves of one mask may have become two.
        assert.equal(shown.join('').replaceAll(/\*+/gv, '*'), whole.replaceAll(/\*+/gv, '*'));
      },
    ),
    { numRuns: 3000 },
  );
});

function endsInSecret(rest: Buffer, limit: number, secrets: readonly string[]): boolean {
  return secrets.some((secret) => {
    const needle = Buffer.from(secret);
    for (let at = limit - needle.length + 1; at < limit; at += 1)
      if (rest.subarray(at, at + needle.length).equals(needle)) return true;
    return false;
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formsOf } from '../../supervisor/logs/redaction/encoded-forms.ts';
import { createRedactor } from '../../supervisor/logs/redaction/redactor.ts';

const NO_PATTERNS: readonly string[] = [];

function redact(text: string | Buffer, secrets: readonly string[], patterns = NO_PATTERNS): string {
  const { bytes } = createRedactor({ secrets, patterns })(Buffer.from(text));
  return Buffer.from(bytes).toString('latin1');
}

function masked(text: string | Buffer, secrets: readonly string[], patterns = NO_PATTERNS): number {
  return createRedactor({ secrets, patterns })(Buffer.from(text)).masked;
}

test('a secret is masked wherever it stands, and counted', () => {
  const text = 's3cret-1 a s3cret-1\nb=s3cret-1;\nnothing\n';
  assert.equal(redact(text, ['s3cret-1']), '*** a ***\nb=***;\nnothing\n');
  assert.equal(masked(text, ['s3cret-1']), 3);
});

test('what holds no secret comes back as the very same bytes', () => {
  const bytes = Buffer.from('GET / 200\nGET /a 404\n');
  for (const options of [
    { secrets: [], patterns: [] },
    { secrets: ['s3cret-1'], patterns: [String.raw`\d{8}`, 'token=.*'] },
  ])
    assert.equal(createRedactor(options)(bytes).bytes, bytes);
});

test('of two that overlap nothing is left, and of one in the other neither', () => {
  assert.equal(redact('xabcdefghijx\n', ['abcdefg', 'defghij']), 'x***x\n');
  assert.equal(redact('token tokentoken-2\n', ['tokentoken', 'tokentoken-2']), 'token ***\n');
  assert.equal(masked('abcdefg|defghij', ['abcdefg', 'defghij']), 2);
  assert.equal(masked('abcdefghij', ['abcdefg', 'defghij']), 1);
});

test('two side by side are one mask', () => {
  assert.equal(redact('first-1second-2\n', ['first-1', 'second-2']), '***\n');
});

test('a value of less than four bytes is left alone, and one of four is not', () => {
  assert.equal(redact('abc abcd\n', ['abc']), 'abc abcd\n');
  assert.equal(redact('abc abcd\n', ['abcd']), 'abc ***\n');
});

const AWKWARD = `p"w\\'d é/+ <&>$x`;
const WRITTEN: readonly (readonly [how: string, written: string])[] = [
  ['as it is', AWKWARD],
  ['in JSON', JSON.stringify(AWKWARD).slice(1, -1)],
  ['in the JSON of Python', String.raw`p\"w\\'d \u00e9/+ <&>$x`],
  ['in the JSON of Go', String.raw`p\"w\\'d é/+ \u003c\u0026\u003e$x`],
  ['in the JSON of PHP', String.raw`p\"w\\'d \u00e9\/+ <&>$x`],
  ['in a URL', encodeURIComponent(AWKWARD)],
  ['in a URL, in lower case', encodeURIComponent(AWKWARD).replace(/%../g, (x) => x.toLowerCase())],
  ['in a form', new URLSearchParams([['', AWKWARD]]).toString().slice(1)],
  ['in single quotes of a shell', AWKWARD.replaceAll("'", String.raw`'\''`)],
  ["in those of Python's shlex", AWKWARD.replaceAll("'", `'"'"'`)],
  ['in double quotes of a shell', String.raw`p\"w\\'d é/+ <&>\$x`],
  ['as printf %q has it', String.raw`p\"w\\\'d\ é/+\ \<\&\>\$x`],
  ['in base64', Buffer.from(AWKWARD).toString('base64')],
  ['in base64url', Buffer.from(AWKWARD).toString('base64url')],
];

for (const [how, written] of WRITTEN) {
  test(`a secret is masked ${how}`, () => {
    assert.equal(redact(Buffer.from(`[${written}] ok\n`), [AWKWARD]), '[***] ok\n');
  });
}

for (const user of ['', 'a', 'me', 'her', 'them']) {
  test(`a password is masked in base64 behind ${JSON.stringify(`${user}:`)}, but for what it shares with its neighbours`, () => {
    const password = 'correct-horse-battery';
    const header = Buffer.from(`${user}:${password}\n`).toString('base64');
    const shown = redact(`Authorization: Basic ${header}\n`, [password]);
    const [before = '', after = ''] = shown.slice('Authorization: Basic '.length, -1).split('***');
    assert.ok(header.startsWith(before) && header.endsWith(after), shown);
    // What is left tells at most the six bits before it and the six after it.
    assert.ok(before.length <= Math.ceil(((user.length + 1) * 8) / 6) && after.length <= 4, shown);
    assert.doesNotMatch(
      Buffer.from(before, 'base64').toString() + Buffer.from(after, 'base64').toString(),
      /[co]/,
    );
  });
}

const KEY_LINES = ['MIIEvQIBADANBgkqhkiG9w0BAQEFAASC', 'BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj', 'Qw=='];
const PEM = `-----BEGIN PRIVATE KEY-----\n${KEY_LINES.join('\n')}\n-----END PRIVATE KEY-----\n`;

test('each line of a secret that has several is masked, however the lines are put together', () => {
  for (const newline of ['\n', '\r\n', '\\n', ' ']) {
    const shown = redact(`${PEM.replaceAll('\n', newline)} end\n`, [PEM]);
    for (const line of KEY_LINES.slice(0, 2)) assert.ok(!shown.includes(line), shown);
    assert.ok(shown.endsWith(' end\n'), shown);
  }
});

test('what every key has in common is left, and no line is lost', () => {
  const shown = redact(PEM, [PEM.replaceAll('\n', '\r\n')]);
  assert.equal(shown, '-----BEGIN PRIVATE KEY-----\n***\n***\nQw==\n-----END PRIVATE KEY-----\n');
});

test('a secret of 100 KB is masked, and so is a part of it', () => {
  const secret = Array.from({ length: 5000 }, (_, index) => `part-number-${index}`).join('.');
  assert.equal(redact(`a ${secret} b\n`, [secret]), 'a *** b\n');
  assert.match(redact(`a ${secret.slice(0, 1000)} b\n`, [secret]), /^a \*{3}.{0,255} b\n$/v);
});

test('the end of a long secret is looked for together with what is before it', () => {
  const secret = `${'01234567'.repeat(32)}tail`;
  assert.equal(redact(`tail ${secret}\n`, [secret]), 'tail ***\n');
});

test('secrets of very many lines are no trouble', () => {
  const secrets = Array.from({ length: 20 }, (_, secret) =>
    Array.from({ length: 5000 }, (__, line) => `line-${secret}-${line}-of-it`).join('\n'),
  );
  assert.equal(redact('line-19-4999-of-it\n', secrets), '***\n');
});

test('a secret is masked in base64 in front of other text, and in a form', () => {
  const encoded = Buffer.from('correct-horse:more').toString('base64');
  assert.match(redact(`${encoded}\n`, ['correct-horse']), /^\*{3}.{6,8}\n$/v);
  assert.equal(redact('v=a*b%7Ec+d%21&\n', ['a*b~c d!']), 'v=***&\n');
});

test('bytes that are not UTF-8 survive around a secret', () => {
  const around = Buffer.from([0xff, 0x00, 0xc3, 0x80, 0xe2, 0x82]);
  const text = Buffer.concat([around, Buffer.from('s3cret-1'), around, Buffer.from('\n')]);
  const expected = Buffer.concat([around, Buffer.from('***'), around, Buffer.from('\n')]);
  assert.equal(redact(text, ['s3cret-1']), expected.toString('latin1'));
});

test('the same in memory that is shared, and from the middle of it', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(64));
  shared.set(Buffer.from('s3cret-1 s3cret-1 s3cret-1\n'), 3);
  const { bytes } = createRedactor({ secrets: ['s3cret-1'], patterns: ['s3.*'] })(
    shared.subarray(3 + 9, 3 + 18),
  );
  assert.equal(Buffer.from(bytes).toString(), '***');
  assert.equal(Buffer.from(shared.subarray(3, 11)).toString(), 's3cret-1', 'its memory is not written to');
});

const oneOf = (letters: string) => fc.nat({ max: letters.length - 1 }).map((at) => letters.charAt(at));

/** Few letters, so that values overlap and hold each other. */
const letter = fc.constantFrom('a', 'b', 'c', '"', ' ', '/', 'é', '\\');
const secret = fc.array(letter, { minLength: 4, maxLength: 9 }).map((letters) => letters.join(''));
const filler = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  fc.array(letter, { maxLength: 6 }).map((letters) => Buffer.from(letters.join(''))),
  fc.constantFrom('\n', '\r\n', 'ab', '**').map((text) => Buffer.from(text)),
);

/** Every byte of every occurrence, found one position after the other. */
function expectedOf(bytes: Buffer, values: readonly string[]): Buffer {
  const needles = values.map((value) => Buffer.from(value));
  const hidden = new Uint8Array(bytes.length);
  for (const needle of needles)
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1))
      hidden.fill(1, at, at + needle.length);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    if (hidden[at] === 0) parts.push(bytes.subarray(at, at + 1));
    else if (at === 0 || hidden[at - 1] === 0) parts.push(Buffer.from('***'));
  }
  return Buffer.concat(parts);
}

/** As the redactor takes them: trimmed, long enough. */
function handledForms(values: readonly string[]): readonly string[] {
  const trimmed = values.map((value) => value.trim()).filter((value) => Buffer.byteLength(value) >= 4);
  return trimmed.flatMap((value) =>
    formsOf(value).filter((form) => form === value || Buffer.byteLength(form) >= 6),
  );
}

test('property: none of the values is left in any form, all else is as it was, and twice is as once', () => {
  const block = fc.array(secret, { minLength: 1, maxLength: 5 }).chain((secrets) =>
    fc.tuple(
      fc.constant(secrets),
      fc.array(
        fc.oneof(
          filler,
          fc.constantFrom(...secrets.flatMap(formsOf)).map((form) => Buffer.from(form)),
        ),
        {
          maxLength: 20,
        },
      ),
    ),
  );
  fc.assert(
    fc.property(block, ([secrets, parts]) => {
      const bytes = Buffer.concat(parts);
      const mask = createRedactor({ secrets, patterns: [] });
      const once = Buffer.from(mask(bytes).bytes);
      const forms = handledForms(secrets);
      assert.deepEqual(once, expectedOf(bytes, forms));
      for (const form of forms) assert.ok(!once.includes(form), form);
      assert.deepEqual(Buffer.from(mask(once).bytes), once);
    }),
    { numRuns: 2000 },
  );
});

test('property: a hundred secrets of many lengths in a block of 64 KiB, also at its borders', () => {
  const value = fc.string({
    unit: oneOf('abcdefghijklmnopqrstuvwxyz0123456789'),
    minLength: 6,
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(value, { minLength: 100, maxLength: 100 }),
      fc.array(fc.tuple(fc.nat({ max: 65_000 }), fc.nat({ max: 99 })), { maxLength: 30 }),
      (secrets, places) => {
        const bytes = Buffer.alloc(65_536, 'GET /index.html 200 12ms\n');
        for (const [at, index] of places) bytes.write(secrets[index] ?? '', at);
        bytes.write(secrets[0] ?? '', 0);
        bytes.write(secrets[1] ?? '', bytes.length - (secrets[1] ?? '').length);
        assert.deepEqual(
          Buffer.from(createRedactor({ secrets, patterns: [] })(bytes).bytes),
          expectedOf(bytes, handledForms(secrets)),
        );
      },
    ),
    { numRuns: 30 },
  );
});

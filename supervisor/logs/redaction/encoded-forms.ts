// How a value may look in a log, when a program did not write it as it is: in base64, in a URL, in JSON, in a line of shell. Text to text; each
// form at most once.

/** The value itself first. */
export function formsOf(value: string): readonly string[] {
  const text = value.toWellFormed();
  return [
    ...new Set([text, ...jsonForms(text), ...urlForms(text), ...shellForms(text), ...base64Forms(text)]),
  ];
}

function jsonForms(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  // Python writes ASCII only, Go escapes for HTML, PHP the slash.
  const ascii = escapeUnits(plain, /[^\u0000-\u007f]/g);
  return [plain, ascii, escapeUnits(plain, /[<>&\u2028\u2029]/g), ascii.replaceAll('/', '\\/')];
}

/** Unit by unit: each half of a pair is an escape of its own. */
function escapeUnits(text: string, which: RegExp): string {
  return text.replace(which, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function urlForms(text: string): readonly string[] {
  const component = encodeURIComponent(text);
  // RFC 3986 reserves what encodeURIComponent leaves as it is.
  const strict = component.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [component, strict, strict.replaceAll('%20', '+'), formEncoded(text), encodeURI(text)];
  return [...forms, ...forms.map(inLowerCase)];
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function inLowerCase(encoded: string): string {
  return encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

function shellForms(text: string): readonly string[] {
  return [
    // What is between the outer quotes: of `set -x` and of Python's shlex.
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", `'"'"'`),
    text.replace(/["$`\\]/g, '\\$&'),
    // `printf %q`.
    text.replace(/[^\w@%+=:,.\/\n\u0080-\u{10ffff}-]/gu, '\\$&'),
  ];
}

/** As the whole of what was encoded, and as a part of it: `user:password` in a header. Then its first or last character may not be all its own. */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const whole = bytes.toString('base64');
  const parts = [0, 1, 2].map((before) => encodedPart(bytes, before));
  return [whole, whole.replace(/=+$/, ''), ...parts].flatMap((form) => [
    form,
    form.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}

/** Of three bytes come four characters; those are left out that depend on the `before` bytes in front, or on what follows. */
function encodedPart(bytes: Buffer, before: number): string {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  const first = before === 0 ? 0 : before + 1;
  const end = Math.floor(((before + bytes.length) * 8) / 6);
  return encoded.slice(first, end);
}

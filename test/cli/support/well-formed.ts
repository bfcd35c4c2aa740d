// Whether a text is well-formed XML, as far as pictures of ours go: XML 1.0, without a document type.
import assert from 'node:assert/strict';

const TOKEN =
  /<(\/?)([A-Za-z][\w-]*)((?: [A-Za-z][\w:-]*="[^"<&]*(?:&(?:amp|lt|gt|quot);[^"<&]*)*")*)(\/?)>|([^<]+)/y;

/** Every element is closed in order, there is one root, nothing is left over, and every & begins an entity. */
export function isWellFormed(text: string): void {
  const open: string[] = [];
  let at = 0;
  let roots = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    assert.ok(token !== null, `not XML at ${JSON.stringify(text.slice(at, at + 80))}`);
    at = TOKEN.lastIndex;
    const [, close, element = '', attributes = '', empty, characters] = token;
    if (characters !== undefined) {
      assert.doesNotMatch(characters, /&(?!(?:amp|lt|gt|quot);)/);
      if (open.length === 0) assert.match(characters, /^\s+$/);
      continue;
    }
    const keys = [...attributes.matchAll(/ ([\w:-]+)=/g)].map(([, key]) => key);
    assert.equal(new Set(keys).size, keys.length, `${element} has an attribute twice`);
    if (open.length === 0) roots += 1;
    if (close === '/') assert.equal(open.pop(), element);
    else if (empty !== '/') open.push(element);
  }
  assert.deepEqual([open, roots], [[], 1]);
}

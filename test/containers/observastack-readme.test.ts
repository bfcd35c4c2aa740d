// examples/observastack/README.md: each of its commands works, in the order in which they are there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { Observastack } from './observastack-stack.ts';
import { withEngine } from './support/docker.ts';

const README = resolve(import.meta.dirname, '../../examples/observastack/README.md');
const LIMIT_MS = 200_000;

describe('the README of ObservaStack', withEngine, () => {
  it('every command line in it can be run', async () => {
    const blocks = [...readFileSync(README, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(
      ([, block = '']) => block,
    );
    assert.ok(blocks.length >= 8, `${blocks.length} blocks`);
    await using stack = await Observastack.start();
    const { code, stdout, stderr } = await stack.script(blocks.join('\n'), LIMIT_MS);
    assert.equal(code, 0, `${stdout}\n${stderr.split('\n').slice(-15).join('\n')}`);
    for (const shown of [
      /sut-backend has been reloaded/,
      /USR1 sent to sut-backend/,
      /reload-finished .* by uid:10001/,
      /rate_limit\.requests_per_second: 0 -> 5/,
      /"summary":true.*"429":\d/,
      /"summary":true.*"502":\d/,
      /^\/api\/hello 200\r?\n\/config 401\r?\n\/config\/schema 401\r?\n.*ENOTFOUND control-agent/m,
    ])
      assert.match(stdout, shown);
  });
});

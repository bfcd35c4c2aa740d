// Tests of what is refused: each with the place, the words and the remedy that a user sees.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosticsOf } from './loading.ts';

export type Refusal = {
  readonly rule: string;
  /** After `command: [a]` in the first line. */
  readonly yaml: string;
  /** `line:column message`, and what to do. */
  readonly said: readonly (readonly [message: string, remedy: string])[];
};

export function testRefusals(refusals: readonly Refusal[]): void {
  for (const { rule, yaml, said } of refusals)
    test(`refused: ${rule}`, async () => {
      const diagnostics = await diagnosticsOf({ 'services.d/it.yaml': `command: [a]\n${yaml}` });
      assert.deepEqual(
        diagnostics.map(({ line, column, message, remedy }) => [`${line}:${column} ${message}`, remedy]),
        said,
      );
    });
}

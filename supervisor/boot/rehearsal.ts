// Has the program that is on the disk now tried out before anything is replaced: does it start on this Node, and can it take over this
// state? Run as a tool, with a copy of the snapshot as its descriptor 3.
import { definedOnly } from '../config/base-environment.ts';
import type { Command } from '../core/argv.ts';
import type { ToolRunner } from '../os/tool.ts';
import { SNAPSHOT_VARIABLE } from './handed-file.ts';
import type { OwnProgram } from './own-program.ts';
import { READY, REHEARSE } from './rehearsal-words.ts';

export type Rehearsed =
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'refused'; readonly reason: string };

const LIMIT_MS = 10_000;
const GIVEN_DESCRIPTOR = '3';

export async function runRehearsal(
  tool: ToolRunner,
  { path, entry }: OwnProgram,
  snapshot: number,
): Promise<Rehearsed> {
  const command: Command = [path, ...entry, REHEARSE];
  const environment = { ...definedOnly(process.env), [SNAPSHOT_VARIABLE]: GIVEN_DESCRIPTOR };
  const outcome = await tool({
    command,
    environment,
    workingDir: process.cwd(),
    timeoutMs: LIMIT_MS,
    given: snapshot,
  });
  switch (outcome.kind) {
    case 'exited': {
      const version = versionIn(outcome.output);
      if (outcome.code === 0 && version !== undefined) return { kind: 'ready', version };
      return refused(`it ended with exit code ${outcome.code}`, outcome.output);
    }
    case 'killed':
      return refused(`it was killed by ${outcome.signal}`, outcome.output);
    case 'timed-out':
      return refused(`it gave no answer within ${LIMIT_MS / 1000} s`, outcome.output);
    case 'not-started':
      return refused(outcome.reason, '');
  }
}

function versionIn(output: string): string | undefined {
  const line = output.split('\n').findLast((text) => text.startsWith(READY));
  return line?.slice(READY.length);
}

function refused(how: string, output: string): Rehearsed {
  const said = output === '' ? '' : `. It said: ${output}`;
  return { kind: 'refused', reason: `The new program cannot take over: ${how}${said}` };
}

// The Docker client as a user calls it, and whether there is an engine at all.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { within } from '../../support/deadline.ts';
import { OutputLines } from '../../support/output-lines.ts';

const CLIENT = process.env['BOSUN_TEST_DOCKER'] ?? 'docker';
const COMMAND_MS = 60_000;

export const IMAGE = process.env['BOSUN_TEST_IMAGE'] ?? '';
export const RUN = process.env['BOSUN_TEST_RUN'] ?? 'by-hand';

/** Options of a test that needs an engine. */
export const withEngine: { readonly skip?: string } = skipped(
  process.env['BOSUN_CONTAINERS_MISSING'],
  IMAGE === '' ? 'start it with: npm run test:containers' : undefined,
);

function skipped(...reasons: readonly (string | undefined)[]): { readonly skip?: string } {
  const reason = reasons.find((candidate) => candidate !== undefined);
  return reason === undefined ? {} : { skip: reason };
}

export type Said = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs one command of the client to its end. */
export async function docker(...args: readonly string[]): Promise<Said> {
  const child = client(args, ['ignore', 'pipe', 'pipe']);
  const stdout = linesOf(child.stdout);
  const stderr = linesOf(child.stderr);
  try {
    const closed = once(child, 'close');
    const [code] = (await within(`docker ${args.join(' ')}`, closed, COMMAND_MS)) as [number | null];
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    // Of `docker exec` nothing comes any more when the container ends at the wrong moment.
    child.kill('SIGKILL');
  }
}

/** The same, for what must succeed; resolves to stdout. */
export async function mustDocker(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await docker(...args);
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
  return stdout.trim();
}

export function client(args: readonly string[], stdio: StdioOptions): ChildProcess {
  return spawn(CLIENT, args, { stdio });
}

export function clientCommand(args: readonly string[]): readonly string[] {
  return [CLIENT, ...args];
}

export function linesOf(stream: Readable | null): OutputLines {
  if (stream === null) throw new Error('it has no such pipe');
  return new OutputLines(stream);
}

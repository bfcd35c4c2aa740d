// Copies the output of a job: stdout to stdout and stderr to stderr, byte for byte, as fast as their readers take it.
import type { JobPiece } from '../client/job-pieces.ts';
import type { JobEndView } from '../wire/job-view.ts';
import { EXIT, foreignExitCode, type ExitCode } from './exit-code.ts';
import type { RawStreams } from './raw-streams.ts';
import type { Terminal } from './terminal.ts';

/** Its end, or `gone` when nobody reads what is copied. */
export async function copyOutput(
  pieces: AsyncIterable<JobPiece>,
  streams: RawStreams,
  terminal: Terminal,
): Promise<JobEndView | 'gone'> {
  for await (const piece of pieces) {
    if (piece.kind === 'end') return piece.end;
    if (piece.kind === 'loss') terminal.complain(describeLoss(piece));
    else if ((await streams.write(piece.stream, piece.bytes)) === 'gone') return 'gone';
  }
  return 'gone';
}

function describeLoss({ dropped, lost }: { readonly dropped: number; readonly lost: number }): string {
  const parts = [
    ...(dropped > 0 ? [`${dropped} bytes beyond its limit were not kept`] : []),
    ...(lost > 0 ? [`${lost} bytes could not be written`] : []),
  ];
  return `bosunctl: the output is not whole: ${parts.join(', ')}\n`;
}

/** The job's own code, as a shell has it: 128 and the number of the signal that killed it. */
export function codeOf(end: JobEndView | 'gone'): ExitCode {
  return end === 'gone' ? EXIT.done : foreignExitCode(end.exit_code);
}

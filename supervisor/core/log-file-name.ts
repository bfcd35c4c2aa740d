// The names of a service's log files, which the logs' thread gives and the control plane reads. Order is by number alone: numbers only grow,
// whatever the clock does; the time of the rotation is there for people.

/** What is written to. */
export const CURRENT_LOG = 'current.log';
/** After the name of a file that is being made by compression; what is left under such a name is worth nothing. */
export const UNFINISHED_SUFFIX = '.tmp';

const ROTATED = /^(\d{8,15})\.\d{8}T\d{9}Z\.log(\.gz|\.zst)?(\.tmp)?$/;

export type LogFileForm = 'plain' | 'gzip' | 'zstd';

export type RotatedName = {
  readonly name: string;
  readonly number: number;
  readonly form: LogFileForm;
  readonly state: 'whole' | 'unfinished';
};

/** `time`: as toISOString() tells it. */
export function rotatedName(number: number, time: string): string {
  return `${String(number).padStart(8, '0')}.${time.replaceAll(/[-:.]/g, '')}.log`;
}

/** Undefined: it is not one of them. A file may be there plain and compressed for a moment: then both are the same lines. */
export function parseRotatedName(name: string): RotatedName | undefined {
  const [, digits, ending, unfinished] = ROTATED.exec(name) ?? [];
  if (digits === undefined) return undefined;
  const state = unfinished === undefined ? 'whole' : 'unfinished';
  return { name, number: Number(digits), form: formOf(ending), state };
}

export function compressedName(name: string, form: Exclude<LogFileForm, 'plain'>): string {
  return name + (form === 'gzip' ? '.gz' : '.zst');
}

function formOf(ending: string | undefined): LogFileForm {
  if (ending === undefined) return 'plain';
  return ending === '.gz' ? 'gzip' : 'zstd';
}

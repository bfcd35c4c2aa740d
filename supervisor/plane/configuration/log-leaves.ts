// `logs` of a service as the keys and values of its file. A pattern that finds a secret may hold it, so none is shown.
import type { LogFileSpec, LogSpec } from '../../core/log-spec.ts';
import { writeDuration } from '../../wire/duration.ts';
import { hidden, shown, type Leaf } from './leaf.ts';

export function logLeaves({ format, stdout, file, multiline, redact, forward }: LogSpec): readonly Leaf[] {
  return [
    shown('logs.format', format),
    shown('logs.stdout', stdout === 'shown'),
    ...(file === undefined ? [] : fileLeaves(file)),
    ...(multiline === undefined
      ? []
      : [
          hidden('logs.multiline.first_line', multiline.firstLine),
          shown('logs.multiline.timeout', multiline.timeoutMs, writeDuration(multiline.timeoutMs)),
        ]),
    ...namesLeaf('logs.redact', redact.names),
    ...(redact.patterns.length === 0 ? [] : [hidden('logs.redact_patterns', redact.patterns)]),
    ...namesLeaf('logs.forward', forward),
  ];
}

function namesLeaf(key: string, names: readonly string[]): readonly Leaf[] {
  return names.length === 0 ? [] : [shown(key, names, names.join(', '))];
}

function fileLeaves(file: LogFileSpec): readonly Leaf[] {
  const { mode, uid, gid } = file;
  return [
    shown('logs.file.path', file.directory),
    shown('logs.file.format', file.format),
    shown('logs.file.max_size', file.maxBytes),
    shown('logs.file.max_age', file.maxAgeMs, writeDuration(file.maxAgeMs)),
    shown('logs.file.keep', file.keep),
    shown('logs.file.total', file.totalBytes),
    shown('logs.file.compress', file.compress),
    shown('logs.file.mode', mode, mode.toString(8).padStart(4, '0')),
    ...(uid === undefined && gid === undefined
      ? []
      : [shown('logs.file.owner', [uid, gid], [uid, gid].filter((id) => id !== undefined).join(':'))]),
  ];
}

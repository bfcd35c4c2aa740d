// The format that a configuration names: how blocks are shown on standard output, and in files.
import type { LogFileFormat, LogFormat } from '../../core/log-spec.ts';
import type { FormatBlock } from '../ports.ts';
import { createJsonFormat } from './json-format.ts';
import { OutputBuffer } from './output-buffer.ts';
import { createPrefixFormat, type PrefixOptions } from './prefix-format.ts';
import { createRawFormat } from './raw-format.ts';
import { createTimedFormat } from './timed-format.ts';

/** `output`: formats that share one must not be used while the output of another is needed still. */
export function createFormat(
  format: LogFormat,
  options: PrefixOptions,
  output: OutputBuffer = new OutputBuffer(),
): FormatBlock {
  switch (format) {
    case 'json':
      return createJsonFormat(output);
    case 'prefix':
      return createPrefixFormat(options, output);
    case 'raw':
      return createRawFormat(output);
  }
}

export function createFileFormat(
  format: LogFileFormat,
  output: OutputBuffer = new OutputBuffer(),
): FormatBlock {
  switch (format) {
    case 'timed':
      return createTimedFormat(output);
    case 'json':
      return createJsonFormat(output);
    case 'raw':
      return createRawFormat(output);
  }
}

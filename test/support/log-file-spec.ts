// A log file of a service without limits and without compression; each test names what it needs otherwise.
import type { LogFileSpec } from '../../supervisor/core/log-spec.ts';

export const PLAIN_LOG_FILE: LogFileSpec = {
  directory: '/',
  format: 'timed',
  maxBytes: 0,
  maxAgeMs: 0,
  keep: 0,
  totalBytes: 0,
  compress: 'none',
  mode: 0o640,
  uid: undefined,
  gid: undefined,
};

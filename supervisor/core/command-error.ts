// Why a command was refused; the codes are stable and listed in docs/reference/errors.md.
import type { ServiceName } from './names.ts';

export type CommandError = {
  readonly code:
    | 'service-not-found'
    | 'service-not-running'
    | 'service-skipped'
    | 'reload-not-supported'
    | 'shutting-down'
    | 'job-not-found'
    | 'job-not-running'
    | 'too-many-jobs';
  readonly service: ServiceName | '';
  readonly message: string;
};

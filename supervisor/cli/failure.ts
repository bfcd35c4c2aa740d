// From what went wrong to what the user reads and what the shell sees: a sentence, what to do next, an exit code.
import { BosunProblem, BosunUnreachable } from '../client/failure.ts';
import type { ProblemCode, ProblemDocument } from '../wire/problem.ts';
import { UsageError } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { foldLine, foldText } from './fold.ts';
import { adviseUnreachable } from './unreachable-advice.ts';

export type Failure = {
  readonly exitCode: ExitCode;
  /** Of docs/reference/errors.md or docs/how-to/client-library.md, or `usage`, `unreachable`, `unexpected`. */
  readonly code: string;
  readonly message: string;
  readonly next: string;
  /** What is wrong with the configuration: for people, and for programs. */
  readonly rendered?: string | undefined;
  readonly diagnostics?: ProblemDocument['diagnostics'];
};

export function explainFailure(error: unknown): Failure {
  if (error instanceof BosunProblem) return explainProblem(error.problem);
  if (error instanceof BosunUnreachable) return explainUnreachable(error);
  if (error instanceof UsageError) {
    return { exitCode: EXIT.usage, code: 'usage', message: error.message, next: 'See `bosunctl help`.' };
  }
  const message = error instanceof Error ? error.message : String(error);
  const next = 'This is a bug in bosunctl. Please report it.';
  return { exitCode: EXIT.failed, code: 'unexpected', message, next };
}

export function renderFailure(failure: Failure, json: boolean): string {
  const { code, message, next, rendered, diagnostics } = failure;
  if (json) return `${JSON.stringify({ error: { code, message, next, diagnostics } })}\n`;
  return `${rendered === undefined ? '' : `${rendered}\n`}${foldLine(`bosunctl: ${message}`)}  ${foldText(next)}\n`;
}

const EXIT_CODES: Readonly<Partial<Record<ProblemCode, ExitCode>>> = {
  'bad-request': EXIT.usage,
  'service-not-found': EXIT.noSuchService,
  'service-not-running': EXIT.notRunning,
  'job-not-found': EXIT.noSuchService,
  'job-not-running': EXIT.notRunning,
};

/** RFC 9110: 401 who are you, 403 you may not. */
const NOT_ALLOWED: readonly number[] = [401, 403];

/** Where what to do next is another thing at the command line than it is for a program. */
const ADVICE: Readonly<Partial<Record<ProblemCode, string>>> = {
  'bad-request': 'See `bosunctl help`.',
  'configuration-refused': 'Correct it, then try again.',
  'job-not-started':
    'Correct the command or its context; PATH and the working directory are those of the job.',
  'job-refused': 'Correct it, then try again.',
  'key-required':
    'Give one with --api-key-file FILE or BOSUN_API_KEY; the first one is in the file `api-key` of the state directory.',
  'wait-timeout': 'It goes on. See `bosunctl why NAME`, or wait longer with --timeout.',
};

function explainProblem(problem: ProblemDocument): Failure {
  const otherwise = NOT_ALLOWED.includes(problem.status) ? EXIT.notAllowed : EXIT.failed;
  const exitCode = EXIT_CODES[problem.code] ?? otherwise;
  const next = ADVICE[problem.code] ?? problem.next.replaceAll('NAME', problem.service ?? 'NAME');
  const { code, detail, rendered, diagnostics } = problem;
  return { exitCode, code, message: detail, next, rendered, diagnostics };
}

function explainUnreachable({ where, code, message }: BosunUnreachable): Failure {
  if (code === 'EACCES' || code === 'EPERM') {
    const next =
      'Ask as root, or as the user that Bosun runs as, or have a role given to you under access: in its bosun.yaml.';
    return {
      exitCode: EXIT.notAllowed,
      code: 'not-allowed',
      message: `${where} may not be opened`,
      next,
    };
  }
  return { code: isErrno(code) ? 'unreachable' : code, message, ...adviseUnreachable(code, where) };
}

function isErrno(code: string): boolean {
  return /^[A-Z]/.test(code);
}

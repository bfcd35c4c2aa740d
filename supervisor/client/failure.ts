// The two ways in which talking to Bosun fails: nobody answers, or the answer is a problem document.
import type { ProblemDocument } from '../wire/problem.ts';

/** `code`: the errno's name, such as ENOENT (no socket), ECONNREFUSED (nobody listens), EACCES (not allowed to connect). */
export class BosunUnreachable extends Error {
  override readonly name = 'BosunUnreachable';
  readonly code: string;
  readonly socketPath: string;

  constructor(socketPath: string, code: string, options?: ErrorOptions) {
    super(`cannot reach Bosun at ${socketPath}: ${code}`, options);
    this.socketPath = socketPath;
    this.code = code;
  }
}

/** Bosun refused the request, or could not do it; `problem.code` is one of docs/reference/errors.md. */
export class BosunProblem extends Error {
  override readonly name = 'BosunProblem';
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.problem = problem;
  }
}

// The two ways in which talking to Bosun fails: nobody answers, or the answer is a problem document.
import type { ProblemDocument } from '../wire/problem.ts';
import { describeTarget, type Target } from './target.ts';

/** Why there is no answer. */
export type UnreachableCause = {
  /**
   * The errno's name, such as ENOENT (no socket), ECONNREFUSED (nobody listens), EACCES (not allowed to connect), or one of
   * those in docs/how-to/client-library.md, such as `certificate-untrusted`.
   */
  readonly code: string;
  /** The end of a sentence that begins with "cannot reach Bosun at X:". */
  readonly reason: string;
};

export class BosunUnreachable extends Error {
  override readonly name = 'BosunUnreachable';
  readonly code: string;
  /** The path of the socket, or `host:port`. */
  readonly where: string;

  constructor(target: Target, { code, reason }: UnreachableCause, options?: ErrorOptions) {
    const where = describeTarget(target);
    super(`cannot reach Bosun at ${where}: ${reason}`, options);
    this.where = where;
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

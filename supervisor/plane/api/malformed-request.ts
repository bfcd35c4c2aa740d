// Answers to what is not an HTTP request, or not one that can be looked at: problem documents like all the others.
import type { Duplex } from 'node:stream';
import { createProblem, type ProblemDocument } from '../../wire/problem.ts';
import { refuse } from './problem-response.ts';

/** As `clientError` of node:http gives it: nothing has been answered yet, and the connection is of no more use. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = describe(error);
  const body = `${JSON.stringify(problem)}\n`;
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\n` +
      'Content-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

/** Before there is a request for a handler: a Host header that is none, a path that is none. */
export function refuseUnreadable(error: unknown): Response {
  return refuse('bad-request', `The request cannot be read: ${textOf(error)}.`);
}

function describe(error: NodeJS.ErrnoException): ProblemDocument {
  // Of llhttp, https://nodejs.org/api/errors.html.
  return error.code === 'HPE_HEADER_OVERFLOW'
    ? createProblem('headers-too-large', 'The head of the request is larger than 16 KiB.')
    : createProblem('bad-request', `This is not HTTP/1.1: ${textOf(error)}.`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}

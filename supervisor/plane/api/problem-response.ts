// Problem documents as responses: RFC 9457.
import type { CommandError } from '../../core/command-error.ts';
import { suggest } from '../../core/suggestion.ts';
import {
  createProblem,
  type ProblemCode,
  type ProblemDocument,
  type ProblemExtras,
} from '../../wire/problem.ts';

export function problemResponse(
  problem: ProblemDocument,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${JSON.stringify(problem)}\n`, {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

export function refuse(code: ProblemCode, detail: string, extras: ProblemExtras = {}): Response {
  return problemResponse(createProblem(code, detail, extras));
}

/** The engine's refusal. `known`: names to offer when a service was not found. */
export function refuseCommand(error: CommandError, known: readonly string[]): Response {
  // One that is known to us is on its way out, which the engine's own message says.
  if (error.code === 'service-not-found' && !known.includes(error.service))
    return serviceNotFound(error.service, known);
  return refuse(error.code, error.message, error.service === '' ? {} : { service: error.service });
}

const NAMES_SHOWN = 20;

export function serviceNotFound(name: string, known: readonly string[]): Response {
  const more = known.length > NAMES_SHOWN ? ', ...' : '';
  const names =
    known.length === 0 ? 'There are none.' : `There are: ${known.slice(0, NAMES_SHOWN).join(', ')}${more}.`;
  const suggestion = suggest(name, known);
  const meant = suggestion === undefined ? '' : `Did you mean ${JSON.stringify(suggestion)}? `;
  return refuse('service-not-found', `There is no service ${JSON.stringify(name)}. ${meant}${names}`, {
    service: name,
    ...(suggestion !== undefined && { suggestion }),
  });
}

export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

// The description of the API, on demand: it is made once, and zod is not loaded before.
import type { Handler } from './context.ts';
import type { DescribedRoute } from './openapi.ts';
import { json } from './problem-response.ts';

/** `routes`: the whole table, which has this one in it. */
export function describeApi(routes: () => readonly DescribedRoute[]): Handler {
  let made: Promise<object> | undefined;
  return async ({ settings }) => {
    made ??= import('./openapi.ts').then(({ openApiDocument }) =>
      openApiDocument(routes(), settings.version),
    );
    return json(await made);
  };
}

// Asks again until the answer is there, for what may refuse to answer until then, such as a server that is starting.
import { until } from '../support/deadline.ts';

/** Resolves to the first answer that is not undefined. What `ask` throws counts as no answer; the last is told as cause. */
export async function eventually<T>(
  what: string,
  limitMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  let last: unknown;
  const look = async (): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      last = error;
      return undefined;
    }
  };
  try {
    return await until(what, look, limitMs);
  } catch (error) {
    throw error instanceof Error ? new Error(error.message, { cause: last }) : error;
  }
}

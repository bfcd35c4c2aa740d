// Says where the stack answers, once it does. It asks as a user would: through the proxy.

const PERIOD_MS = 100;
const DEADLINE_MS = 90_000;

/** Resolves when `url` answers 200; rejects with what it last said when it does not in time. */
export async function waitForAnswer(url) {
  const deadlineMs = performance.now() + DEADLINE_MS;
  let last = '';
  while (performance.now() < deadlineMs) {
    last = await ask(url);
    if (last === 'ok') return;
    await pause(PERIOD_MS);
  }
  throw new Error(last);
}

async function ask(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const body = await response.text();
    return response.ok ? 'ok' : `${response.status} ${body}`;
  } catch (error) {
    return error.cause?.message ?? error.message;
  }
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

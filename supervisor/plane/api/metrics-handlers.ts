// What monitoring asks for: the metrics, and whether the container may be sent traffic.
import { projectReadiness } from '../views/readiness.ts';
import { CONTENT_TYPES, formatFor } from '../metrics/exposition.ts';
import type { Handler } from './context.ts';

export const showMetrics: Handler = async ({ metrics }, { query, incoming }) => {
  const { pss } = query as { readonly pss?: boolean };
  const format = formatFor(incoming.headers.accept);
  const memory = pss === true ? 'proportional' : 'resident';
  const text = await metrics.scrape({ format, memory });
  return new Response(text, { headers: { 'content-type': CONTENT_TYPES[format] } });
};

/** As Kubernetes and Docker ask for it: by status, and in words for people. */
export const showReady: Handler = ({ view }) => {
  const { phase, notReady } = projectReadiness(view);
  const headers = { 'content-type': 'text/plain' };
  if (phase === 'up' && notReady.length === 0) return new Response('ok\n', { headers });
  const lines = notReady.map(({ service, importance, state }) => `${service} (${importance}) is ${state}\n`);
  const why = phase === 'up' ? '' : `the container is ${phase}\n`;
  return new Response(`not ready\n${why}${lines.join('')}`, { status: 503, headers });
};

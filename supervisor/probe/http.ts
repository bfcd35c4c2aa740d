// HTTP probe: 200 to 399 is healthy, redirects are not followed, as in Kubernetes' httpGet. A certificate is not verified,
// as there: the question is whether the service answers, and it is asked on the way that the configuration names.
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { ProbeAnswer } from '../core/input.ts';
import type { ProbeAction } from '../core/probe-spec.ts';
import { failed, OK, type Probe, reasonOf } from './probe.ts';

type HttpAction = Extract<ProbeAction, { kind: 'http' }>;

export function httpProbe(action: HttpAction): Probe {
  return async (signal) => {
    // Loaded at the first use: a fleet without HTTP probes does not pay for it.
    const { request } = await (action.url.startsWith('https:') ? import('node:https') : import('node:http'));
    return new Promise<ProbeAnswer>((resolve) => {
      const options: RequestOptions & { rejectUnauthorized: boolean } = {
        method: action.method,
        headers: { 'user-agent': 'bosun-probe', connection: 'close', ...action.headers },
        // A kept connection would hide a service that does not accept new ones.
        agent: false,
        signal,
        rejectUnauthorized: false,
      };
      const asked = request(action.url, options, (response) => {
        resolve(judge(response));
        // The status is all that counts; a body without end must not be read.
        response.on('error', () => undefined);
        response.destroy();
      });
      asked.on('error', (error) => {
        resolve(failed(`${action.method} ${action.url}: ${reasonOf(error)}`));
      });
      asked.end();
    });
  };
}

function judge(response: IncomingMessage): ProbeAnswer {
  const status = response.statusCode ?? 0;
  return status >= 200 && status < 400 ? OK : failed(`HTTP status ${String(status)}`);
}

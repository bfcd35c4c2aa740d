// A client on the network, as a program of somebody else's would be: node:https with certificates, keys and headers of its own.
import { request as plainRequest } from 'node:http';
import { request as tlsRequest, type RequestOptions } from 'node:https';
import type { PlaneRig } from './plane-rig.ts';

export type RemoteAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
};

/** Where the listener of that name listens, of what Bosun says in its log. */
export async function originOf(rig: PlaneRig, name: string): Promise<string> {
  const line = new RegExp(`listener ${name}: (https?://\\S+)`);
  await rig.outputWith(`listener ${name}: http`);
  const found = await rig.outputWith(`listener ${name}: http`);
  return line.exec(found)?.[1] ?? '';
}

export async function ask(
  origin: string,
  path: string,
  options: RequestOptions & { readonly body?: string } = {},
): Promise<RemoteAnswer> {
  const url = new URL(path, origin);
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, timeout: 8000, ...options }, (incoming) => {
      incoming.setEncoding('utf8');
      let text = '';
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const isJson = /[/+]json$/.test(incoming.headers['content-type'] ?? '');
        const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json });
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 8 s')));
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

/** The code of why it did not come to an answer. */
export async function failureOf(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
    return '';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

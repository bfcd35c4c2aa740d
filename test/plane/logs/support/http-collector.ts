// A receiver of OTLP or Loki that the test tells how to answer. It checks what it gets strictly: against protobuf's JSON mapping of
// opentelemetry/proto/logs/v1/logs.proto, and against what Loki's push API documents.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';

export type Line = {
  readonly service: string;
  readonly stream: string;
  readonly timeNs: string;
  readonly text: string;
  readonly severity: number | undefined;
};

const digits = z.string().regex(/^\d+$/);
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: digits }),
]);
const attributes = z.array(z.strictObject({ key: z.string(), value }));
const logRecord = z.strictObject({
  timeUnixNano: digits,
  observedTimeUnixNano: digits,
  severityNumber: z.number().int().min(1).max(24).optional(),
  severityText: z.string().optional(),
  body: value,
  attributes,
});
const otlpSchema = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeLogs: z.array(
        z.strictObject({ scope: z.strictObject({ name: z.string() }), logRecords: z.array(logRecord) }),
      ),
    }),
  ),
});
const lokiSchema = z.strictObject({
  streams: z.array(
    z.strictObject({
      stream: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string()),
      values: z.array(z.tuple([digits, z.string()])).min(1),
    }),
  ),
});

/** What is done with one request. `lines`: taken when the answer is 2xx. */
export type Answer = (request: {
  readonly lines: readonly Line[];
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}) => void;

export const accept: Answer = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
};

export function answerWith(status: number, body = '', headers: Record<string, string> = {}): Answer {
  return ({ response }) => {
    response.writeHead(status, headers).end(body);
  };
}

export class HttpCollector implements AsyncDisposable {
  /** Of requests that were answered with 2xx. */
  readonly taken: Line[] = [];
  readonly takenLabels: Record<string, string>[] = [];
  readonly requests: {
    readonly headers: IncomingMessage['headers'];
    readonly lines: number;
    readonly atMs: number;
  }[] = [];
  /** What was wrong with what came. */
  readonly faults: string[] = [];
  answer: Answer;
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.answer = answer;
    this.#server = createServer((message, response) => {
      this.#receive(message, response).catch((error: unknown) => {
        this.faults.push(String(error));
        response.destroy();
      });
    });
  }

  static async listen(answer: Answer = accept, port = 0): Promise<HttpCollector> {
    const collector = new HttpCollector(answer);
    collector.#server.listen(port, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get texts(): readonly string[] {
    return this.taken.map(({ text }) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
    } catch {
      // The sender has ended in the middle.
      return;
    }
    if (message.headers['content-type'] !== 'application/json') throw new Error('it is not said to be JSON');
    const body = gunzipSync(Buffer.concat(pieces)).toString();
    const lines = message.url?.startsWith('/v1/logs') === true ? readOtlp(body) : this.#readLoki(body);
    this.requests.push({ headers: message.headers, lines: lines.length, atMs: performance.now() });
    response.on('finish', () => {
      if (response.statusCode < 300) this.taken.push(...lines);
    });
    this.answer({ lines, message, response });
  }

  #readLoki(body: string): readonly Line[] {
    return lokiSchema.parse(JSON.parse(body)).streams.flatMap(({ stream, values }) => {
      this.takenLabels.push(stream);
      return values.map(([timeNs, text]) => ({
        service: stream['service'] ?? '',
        stream: stream['stream'] ?? '',
        timeNs,
        text,
        severity: undefined,
      }));
    });
  }
}

function readOtlp(body: string): readonly Line[] {
  return otlpSchema.parse(JSON.parse(body)).resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) =>
      logRecords.map((record) => ({
        service: textOf(resource.attributes, 'service.name'),
        stream: textOf(record.attributes, 'log.iostream'),
        timeNs: record.timeUnixNano,
        text: 'stringValue' in record.body ? record.body.stringValue : '',
        severity: record.severityNumber,
      })),
    ),
  );
}

function textOf(found: z.infer<typeof attributes>, key: string): string {
  const attribute = found.find((one) => one.key === key);
  return attribute !== undefined && 'stringValue' in attribute.value ? attribute.value.stringValue : '';
}

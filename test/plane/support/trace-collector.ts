// A receiver of OTLP traces that checks strictly what it gets, against protobuf's JSON mapping of opentelemetry/proto/trace/v1/trace.proto, and
// keeps the spans. The test tells it how to answer.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

const nanos = z.union([z.string().regex(/^\d+$/), z.strictObject({ low: z.int(), high: z.int() })]);
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ intValue: z.union([z.int(), z.string()]) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ boolValue: z.boolean() }),
]);
const attributes = z.array(z.strictObject({ key: z.string(), value }));
const span = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  traceState: z.string().optional(),
  name: z.string(),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  droppedAttributesCount: z.int(),
  events: z.array(z.unknown()),
  droppedEventsCount: z.int(),
  links: z.array(z.unknown()),
  droppedLinksCount: z.int(),
  status: z.strictObject({ code: z.int().min(0).max(2), message: z.string().optional() }),
  flags: z.int().optional(),
});
const request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes, droppedAttributesCount: z.int().optional() }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string().optional() }),
          spans: z.array(span),
        }),
      ),
    }),
  ),
});

export type SeenSpan = z.infer<typeof span>;

export class TraceCollector implements AsyncDisposable {
  readonly spans: SeenSpan[] = [];
  readonly faults: string[] = [];
  readonly headers: NodeJS.Dict<string | string[]>[] = [];
  readonly #server: Server;
  #resource: readonly z.infer<typeof attributes>[number][] = [];
  #status = 200;

  static async start(): Promise<TraceCollector> {
    const collector = new TraceCollector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  private constructor() {
    this.#server = createServer((message, response) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => {
        this.headers.push(message.headers);
        if (this.#status === 200) this.#take(Buffer.concat(chunks).toString());
        response.writeHead(this.#status, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  /** Of everything that came, as it was said last. */
  resource(key: string): unknown {
    const found = this.#resource.find((each) => each.key === key);
    return found === undefined ? undefined : Object.values(found.value)[0];
  }

  /** From now on. */
  answer(status: number): void {
    this.#status = status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #take(body: string): void {
    const parsed = request.safeParse(JSON.parse(body));
    if (!parsed.success) {
      this.faults.push(z.prettifyError(parsed.error));
      return;
    }
    for (const { resource, scopeSpans } of parsed.data.resourceSpans) {
      this.#resource = resource.attributes;
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans));
    }
  }
}

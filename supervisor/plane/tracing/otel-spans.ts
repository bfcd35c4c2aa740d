// The only file that knows the packages of OpenTelemetry: spans as they begin and end, sent to a collector in batches. Loaded only when tracing is
// configured: it costs some twenty megabytes.
import { diag, DiagLogLevel, ROOT_CONTEXT, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { TracingSpec } from '../../core/plane-message.ts';
import type { SpanEdge } from './span-edge.ts';

export type SpanSink = {
  take(edge: SpanEdge): void;
  /** What is still held. Never rejects. */
  flush(): Promise<void>;
};

export type SpanSinkOptions = {
  readonly spec: TracingSpec;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  /** What the packages have to say, mostly that the collector does not take it. */
  readonly complain: (text: string) => void;
};

const HELD_SPANS = 2048;
const BATCH_DELAY_MS = 1000;
const EXPORT_TIMEOUT_MS = 10_000;

export function createSpanSink({ spec, version, host, pid, complain }: SpanSinkOptions): SpanSink {
  diag.setLogger(quietly(complain), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const exporter = new OTLPTraceExporter({
    url: spec.url,
    headers: { ...spec.headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: HELD_SPANS,
    scheduledDelayMillis: BATCH_DELAY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const resource = resourceFromAttributes({
    'service.name': 'bosun',
    'service.version': version,
    'host.name': host,
    'process.pid': pid,
  });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  const tracer = provider.getTracer('bosun', version);
  const open = new Map<string, Span>();

  function begin({ key, parent, timeMs, attributes }: Extract<SpanEdge, { kind: 'begin' }>): void {
    const above = parent === undefined ? undefined : open.get(parent);
    const context = above === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, above);
    open.set(
      key,
      tracer.startSpan(nameOf(key), { startTime: timeMs, attributes: { ...attributes } }, context),
    );
  }

  function end({ key, timeMs, error }: Extract<SpanEdge, { kind: 'end' }>): void {
    const span = open.get(key);
    open.delete(key);
    if (error !== '') span?.setStatus({ code: SpanStatusCode.ERROR, message: error });
    span?.end(timeMs);
  }

  return {
    take: (edge) => {
      if (edge.kind === 'begin') begin(edge);
      else end(edge);
    },
    flush: async () => {
      // What is still open would not be told at all.
      for (const span of open.values()) span.end();
      open.clear();
      await provider.forceFlush().catch(() => undefined);
    },
  };
}

/** A command's id is an attribute: names are few. */
function nameOf(key: string): string {
  return key.startsWith('command ') ? 'command' : key;
}

function quietly(complain: (text: string) => void): Parameters<typeof diag.setLogger>[0] {
  const tell = (...words: unknown[]): void => {
    complain(words.map(String).join(' '));
  };
  const nothing = (): void => undefined;
  return { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing };
}

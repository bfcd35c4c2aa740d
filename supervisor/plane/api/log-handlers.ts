// The log lines of one service, newest held first in time, as NDJSON; with `follow` the answer goes on.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { LogLineView } from '../../wire/event-view.ts';
import type { LogsQuery } from '../../wire/requests.ts';
import { exactBytes, type LogLine } from '../logs/log-line.ts';
import { BoundedStream, refuseStream } from './bounded-stream.ts';
import type { Handler } from './context.ts';
import { serviceNotFound } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';

const LINES_SHOWN = 100;
const NDJSON = 'application/x-ndjson';

export const showLogs: Handler = ({ view, logs }, { params, query, outgoing }) => {
  const name = params['name'] ?? '';
  if (view.find(name) === undefined) return serviceNotFound(name, namesIn(view));
  const { lines, follow } = query as LogsQuery;
  const held = logs
    .newest(name, lines ?? LINES_SHOWN)
    .map(encode)
    .join('');
  if (follow !== true) return new Response(held, { headers: { 'content-type': NDJSON } });
  const refusal = refuseStream();
  if (refusal !== undefined) return refusal;
  const stream = new BoundedStream(outgoing, NDJSON);
  if (held !== '') stream.write(held);
  stream.onClose(
    logs.follow(name, (line) => {
      stream.write(encode(line));
    }),
  );
  return RESPONSE_ALREADY_SENT;
};

function encode(line: LogLine): string {
  const view: LogLineView = {
    time: new Date(line.timeMs).toISOString(),
    service: line.service,
    stream: line.stream,
    line: line.bytes.toString(),
    ...exactBytes(line.bytes),
    ...(line.continues ? { continues: true as const } : {}),
  };
  return `${JSON.stringify(view)}\n`;
}

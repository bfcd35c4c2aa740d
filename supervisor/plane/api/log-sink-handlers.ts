// How the remote sinks of the logs are doing.
import type { LogSinksView, LogSinkView } from '../../wire/log-sink-view.ts';
import type { SinkStatus } from '../logs/shipping/sink-status.ts';
import type { Handler } from './context.ts';
import { json } from './problem-response.ts';

export const listLogSinks: Handler = async ({ shipping }) => {
  const status = await shipping.status();
  const view: LogSinksView = { sinks: status.map(showSink) };
  return json(view);
};

function showSink(status: SinkStatus): LogSinkView {
  const { state } = status;
  const retrying = state.kind === 'retrying' ? state : undefined;
  return {
    name: status.name,
    kind: status.kind,
    place: status.place,
    state: state.kind,
    queued_lines: status.queuedLines,
    queued_bytes: status.queuedBytes,
    queue_limit_bytes: status.limitBytes,
    sent_lines: status.sentLines,
    missed_lines: status.missedLines,
    refused_lines: status.refusedLines,
    last_error: retrying?.why ?? null,
    retrying_since: retrying === undefined ? null : new Date(retrying.sinceMs).toISOString(),
    next_try: retrying === undefined ? null : new Date(retrying.retryAtMs).toISOString(),
  };
}

// The parts of one sink, put together.
import type { LogSinkSpec } from '../../../core/log-spec.ts';
import type { BackOffOptions } from './back-off.ts';
import { Courier, type CourierNotice } from './courier.ts';
import { createReceiver, type ReceiverParts } from './create-receiver.ts';
import { CursorFile } from './cursor-file.ts';
import { QueueDirectory } from './queue-directory.ts';

export type SinkOptions = {
  readonly spec: LogSinkSpec;
  readonly directory: string;
  readonly tell: (notice: CourierNotice) => void;
  readonly parts: ReceiverParts;
  readonly times:
    | { readonly backOff?: BackOffOptions; readonly lingerMs?: number; readonly worthTellingMs?: number }
    | undefined;
};

/** `place`: where it sends, without any secret. */
export function createSink(options: SinkOptions): { readonly courier: Courier; readonly place: string } {
  const { spec, directory, tell, parts, times } = options;
  const receiver = createReceiver(spec, parts);
  const courier = new Courier({
    receiver,
    tell,
    directory: new QueueDirectory(directory),
    cursor: new CursorFile(directory),
    backOff: times?.backOff,
    lingerMs: times?.lingerMs,
    worthTellingMs: times?.worthTellingMs,
  });
  return { courier, place: receiver.place };
}

// What a service has told of itself by sd_notify(3), and that was taken up.
import type { Pid, RunId, ServiceName } from './names.ts';

export type NoticeEvent =
  /** EXTEND_TIMEOUT_USEC of sd_notify(3): the start's or the stop's deadline is not before this monotonic time. */
  | {
      readonly type: 'timeout-extended';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly untilMs: number;
    }
  /** STATUS= of sd_notify(3). */
  | {
      readonly type: 'status-told';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly text: string;
    }
  /** MAINPID= of sd_notify(3). */
  | {
      readonly type: 'leader-changed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly pid: Pid;
    };

// The state of the views after one event, as it is kept beside the events: what a replay begins with.
import { ViewState, type ViewStateData } from '../views/view-state.ts';

export type Checkpoint = {
  /** Of the last event that is in it. */
  readonly lastId: number;
  readonly version: number;
  readonly data: string;
};

/** Of the data. One that is not known is passed over, and the replay begins earlier. */
const VERSION = 1;

export function encodeCheckpoint(lastId: number, state: ViewState): Checkpoint {
  return { lastId, version: VERSION, data: JSON.stringify(state.data) };
}

/** Undefined when another version of Bosun has written it. Throws SyntaxError. */
export function decodeCheckpoint({ version, data }: Checkpoint): ViewState | undefined {
  return version === VERSION ? new ViewState(JSON.parse(data) as ViewStateData) : undefined;
}

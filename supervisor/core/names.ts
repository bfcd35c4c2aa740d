// Nominal types for the four values that would be fatal to confuse: which service, which run of it, which job, which process.
// Types only: a brand costs nothing at run time.

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** `[a-z0-9][a-z0-9_-]{0,62}`, the stem of its file in the services directory. */
export type ServiceName = Brand<string, 'ServiceName'>;
/** One life of one service, from spawn to the end of its whole process group. Never reused, increasing. */
export type RunId = Brand<number, 'RunId'>;
/** A command that is run once, outside of the services. Never reused, increasing, also over restarts where the state is kept. */
export type JobId = Brand<number, 'JobId'>;
/** A process id that the kernel gave us. Valid only until the process is waited for. */
export type Pid = Brand<number, 'Pid'>;

export const SERVICE_NAME_PATTERN = /^[a-z0-9][a-z0-9_-]{0,62}$/;

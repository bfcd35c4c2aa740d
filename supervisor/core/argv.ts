// A command line of ours, in a file of its own because specifications of every kind hold one.

/** Program and arguments; the first element is looked up in the service's PATH unless it holds a slash. */
export type Command = readonly [program: string, ...args: string[]];

// What the loops over lines and those who call them have to agree on.

/** Where what is, in the memory of the module. */
export const PLACES = {
  /** Three words: where a loop has come to in the input, in the output, and in `marks`. */
  reached: 0,
  /** For each byte what level.ts makes of it at the head of a line: 0, `TIME`, or more, if it may begin a level: 2 and its bit in `pairs`. */
  letters: 256,
  /** For each byte that JSON escapes, eight: up to six that stand for it, and in the last how many they are. */
  escapes: 512,
  /** For each byte a word: what may be before it when a level begins. */
  pairs: 1536,
  head: 2560,
  /** What goes into lines that are objects. */
  insertion: 3328,
  input: 4096,
  /** Two words for each line that may have a level: where it is in the input, and in the output. */
  marks: 73_728,
  output: 139_264,
  end: 655_360,
} as const;

export const TIME = 1;
export const FIRST_LETTER = 2;

/** `line`: it begins with a brace, or has one of the bytes that the loop was told to stop at. `full`: there is no room for it. */
export const STOP = { done: 0, full: 1, line: 2 } as const;

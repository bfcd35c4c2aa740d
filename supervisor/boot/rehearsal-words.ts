// What the two sides of a rehearsal say to each other.

/** The word after the program: no Bosun that does not know it starts anything with it. */
export const REHEARSE = 'rehearse';
export const READY = 'bosun: ready to take over as version ';

// The version of Bosun and of bosunctl, as package.json has it; a test holds the two equal, so that no file is read at start.
export const VERSION = '0.1.0';

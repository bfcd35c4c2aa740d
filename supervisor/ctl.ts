// bosunctl: reads the command line, runs one command, exits with its code.
import { runProgram } from './cli/program.ts';
import { createTerminal } from './cli/terminal.ts';

// Not awaited at the top level: the bundle is CommonJS, which cannot.
void runProgram(process.argv.slice(2), createTerminal(process)).then((code) => {
  process.exitCode = code;
});

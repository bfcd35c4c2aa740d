// bosunctl: reads the command line, runs one command, exits with its code.
import { runProgram } from './cli/program.ts';
import { createTerminal } from './cli/terminal.ts';

process.exitCode = await runProgram(process.argv.slice(2), createTerminal(process));

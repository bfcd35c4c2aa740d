// `bosunctl trace`: what the processes of a service are doing at the moment, from /proc, and with strace(1) call by call. Only where bosunctl runs in
// the container of Bosun.
import { spawn } from 'node:child_process';
import { maskCommand } from '../core/mask-command.ts';
import { firstWord, flagOption, printJson, UsageError, type CliCommand } from './command.ts';
import { seesBosun } from './doctor-proc.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { readProcessTree, showProcess, type TracedProcess } from './process-tree.ts';
import type { Terminal } from './terminal.ts';
import { renderTrace } from './trace-text.ts';

export const command: CliCommand = {
  name: 'trace',
  words: '<name>',
  summary: 'Show what the processes of a service are doing, and what they have open',
  example: 'bosunctl trace web',
  options: [
    { flags: '--all-files', help: 'every open file, not only the first of each process' },
    { flags: '--strace', help: 'follow its system calls with strace, which must be installed, until Ctrl-C' },
  ],
  details: `Of each process of the service, its children below it: since when it lives, the CPU time and the memory it has used, the system call that its
first thread is in, its open files and sockets, and how many it may have open. With \`--json\` its limits too. It is read from \`/proc\`, so it must run
in the container of Bosun, as root or as the user of the service. What looks like a secret on a command line is masked.`,
  run: async ({ terminal, client }, input) => {
    const bosun = client();
    const { name, state, pid } = await bosun.service(firstWord(input));
    if (!(await seesBosun((await bosun.version()).pid)))
      throw new UsageError('trace reads /proc: run it in the container of this Bosun');
    if (pid === null) {
      if (input.json) await printJson(terminal, { service: name, state, processes: [] });
      else await terminal.print(`${name} is ${state}: it has no process. See \`bosunctl why ${name}\`.\n`);
      return EXIT.notRunning;
    }
    const processes = (await readProcessTree(pid)).map(masked);
    if (flagOption(input, 'strace')) return await runStrace(processes, terminal);
    if (input.json)
      await printJson(terminal, { service: name, state, processes: processes.map(showProcess) });
    else
      await terminal.print(renderTrace(processes, terminal, flagOption(input, 'allFiles') ? 'all' : 'some'));
    return EXIT.done;
  },
};

function masked(process: TracedProcess): TracedProcess {
  return { ...process, command: maskCommand(process.command.split(' ')).join(' ') };
}

/** Its output is strace's own; Ctrl-C ends it, and strace lets the processes go on. */
async function runStrace(processes: readonly TracedProcess[], terminal: Terminal): Promise<ExitCode> {
  const pids = processes.flatMap(({ pid }) => ['-p', String(pid)]);
  const child = spawn('strace', ['-f', '-tt', ...pids], { stdio: ['ignore', 'inherit', 'inherit'] });
  // From a terminal it comes to strace as well, which takes the second one for the first.
  const interrupt = (): void => void child.kill('SIGINT');
  process.on('SIGINT', interrupt);
  try {
    return await new Promise((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? 'strace is not installed here' : error.message;
        terminal.complain(
          `bosunctl: ${why}\n  Install it (apt-get install strace), or leave out --strace.\n`,
        );
        resolve(EXIT.failed);
      });
      child.once('exit', (code, signal) => {
        resolve(code === 0 || signal === 'SIGINT' ? EXIT.done : EXIT.failed);
      });
    });
  } finally {
    process.off('SIGINT', interrupt);
  }
}

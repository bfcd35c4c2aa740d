// The entry of PID 1 and its composition root. The listeners for signals come first: as PID 1 a signal without one is lost,
// and TERM may come while the rest is being loaded.
import type { RunRequest } from './boot/command-line.ts';
import { ReceivedSignals } from './os/received-signals.ts';

const signals = new ReceivedSignals();

const { installLastResort, tell } = await import('./boot/last-resort.ts');
installLastResort();
const { HELP, parseCommandLine } = await import('./boot/command-line.ts');

/** Bosun itself could not run, as Docker uses 125. */
const COULD_NOT_RUN = 125;

const request = parseCommandLine(process.argv.slice(2), process.env);
switch (request.kind) {
  case 'help':
    process.stdout.write(HELP);
    break;
  case 'version': {
    const { VERSION } = await import('./wire/version.ts');
    process.stdout.write(`bosun ${VERSION}\n`);
    break;
  }
  case 'usage-error':
    tell(`bosun: ${request.message}\nTry: bosun --help`);
    process.exit(COULD_NOT_RUN);
    break;
  case 'check': {
    const { checkConfiguration } = await import('./boot/check.ts');
    process.exit(await checkConfiguration(request.directory));
    break;
  }
  case 'run':
    (await compose(request.run)).start();
    break;
}

/** Whatever fails until then ends Bosun: nothing runs yet that going on would be good for. */
async function compose(asked: RunRequest): Promise<{ start(): void }> {
  try {
    return await createSupervisor(asked);
  } catch (error) {
    tell(`bosun: cannot start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(COULD_NOT_RUN);
  }
}

async function createSupervisor(asked: RunRequest): Promise<{ start(): void }> {
  const { prepareRun } = await import('./boot/prepare-run.ts');
  const prepared = await prepareRun(asked);
  if (prepared.kind === 'refused') {
    tell(prepared.message);
    process.exit(COULD_NOT_RUN);
  }
  const { resumeFrom } = await import('./boot/resume.ts');
  const resumed = await resumeFrom(prepared);
  const { Supervisor } = await import('./boot/compose.ts');
  const { endProcess, libc } = await import('./os/libc.ts');
  const { controlFiles } = await import('./os/control-files.ts');
  if (prepared.mode === 'drop-in') signals.takeFaultsToo();
  // Asked to stop before anything was started: nothing is.
  else if (signals.waiting.some(({ signal }) => signal === 'SIGTERM' || signal === 'SIGINT')) process.exit(0);
  const workerEntry = new URL('./worker.ts', import.meta.url);
  const logWorkerEntry = new URL('./log-worker.ts', import.meta.url);
  // Nothing else keeps Node's event loop alive while all services are down.
  setInterval(() => undefined, 2 ** 31 - 1);
  return new Supervisor({
    ...prepared,
    resumed,
    signals,
    workerEntry,
    logWorkerEntry,
    calls: libc,
    controlFiles,
    exit: endProcess,
  });
}

// The entry of PID 1 and its composition root. The listeners for signals come first: as PID 1 a signal without one is lost,
// and TERM may come while the rest is being loaded.
import type { RunRequest } from './boot/command-line.ts';
import type { Composition } from './boot/composition.ts';
import { installLastResort, tell } from './boot/last-resort.ts';
import { PLANE_THREAD, LOG_THREAD } from './boot/program-files.ts';
import { ReceivedSignals } from './os/received-signals.ts';

type Prepared = Pick<Composition, 'mode' | 'spec' | 'settings' | 'logs' | 'resumed' | 'snapshot'>;

const signals = new ReceivedSignals();
installLastResort();
/** Bosun itself could not run, as Docker uses 125. */
const COULD_NOT_RUN = 125;

// Not awaited at the top level: the bundle is CommonJS, which cannot.
begin().catch((error: unknown) => {
  tell(`bosun: cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exit(COULD_NOT_RUN);
});

async function begin(): Promise<void> {
  const { takeHandedDescriptor } = await import('./boot/handed-file.ts');
  const handed = takeHandedDescriptor(process.env);
  await (handed === undefined ? obeyCommandLine() : follow(handed));
}

async function obeyCommandLine(): Promise<void> {
  const { HELP, parseCommandLine } = await import('./boot/command-line.ts');
  const request = parseCommandLine(process.argv.slice(2), process.env);
  switch (request.kind) {
    case 'help':
      process.stdout.write(HELP);
      return;
    case 'version': {
      const { VERSION } = await import('./wire/version.ts');
      process.stdout.write(`bosun ${VERSION}\n`);
      return;
    }
    case 'usage-error':
      tell(`bosun: ${request.message}\nTry: bosun --help`);
      process.exit(COULD_NOT_RUN);
      return;
    case 'check': {
      const { checkConfiguration } = await import('./boot/check.ts');
      process.exit(await checkConfiguration(request.directory));
      return;
    }
    case 'run':
      (await compose(() => prepare(request.run))).start();
  }
}

/** In the place of another Bosun, or to see whether that could be. */
async function follow(descriptor: number): Promise<void> {
  const { REHEARSE } = await import('./boot/rehearsal-words.ts');
  const { rehearse } = await import('./boot/rehearse.ts');
  if (process.argv[2] === REHEARSE) process.exit(await rehearse(descriptor));
  const { resumeImage } = await import('./boot/resume-image.ts');
  (await compose(() => Promise.resolve(resumeImage(descriptor)))).start();
}

/** Whatever fails until then ends Bosun: nothing runs yet that going on would be good for. */
async function compose(prepare: () => Promise<Prepared>): Promise<{ start(): void }> {
  try {
    return await createSupervisor(await prepare());
  } catch (error) {
    tell(`bosun: cannot start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(COULD_NOT_RUN);
  }
}

async function prepare(asked: RunRequest): Promise<Prepared> {
  const { prepareRun } = await import('./boot/prepare-run.ts');
  const prepared = await prepareRun(asked);
  if (prepared.kind === 'refused') {
    tell(prepared.message);
    process.exit(COULD_NOT_RUN);
  }
  const { resumeFrom } = await import('./boot/resume.ts');
  return { ...prepared, resumed: await resumeFrom(prepared) };
}

async function createSupervisor(prepared: Prepared): Promise<{ start(): void }> {
  const { Supervisor } = await import('./boot/compose.ts');
  const { endProcess, libc } = await import('./os/libc.ts');
  const { controlFiles } = await import('./os/control-files.ts');
  const { memoryThereIs, takenBeforeBosun } = await import('./os/oom-order.ts');
  if (prepared.mode === 'drop-in') signals.takeFaultsToo();
  // Asked to stop before anything was started: nothing is.
  else if (
    prepared.snapshot === undefined &&
    signals.waiting.some(({ signal }) => signal === 'SIGTERM' || signal === 'SIGINT')
  )
    process.exit(0);
  // Nothing else keeps Node's event loop alive while all services are down.
  setInterval(() => undefined, 2 ** 31 - 1);
  return new Supervisor({
    ...prepared,
    signals,
    workerEntry: PLANE_THREAD,
    logWorkerEntry: LOG_THREAD,
    calls: takenBeforeBosun(libc, memoryThereIs()),
    controlFiles,
    exit: endProcess,
  });
}

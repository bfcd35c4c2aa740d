// What nobody caught: told on stderr and survived, because when PID 1 ends the kernel kills every service at once.
import { writeSync } from 'node:fs';

type FaultListener = (where: string, error: unknown) => void;
let listener: FaultListener | undefined;

/** Who may do better than going on. */
export function onFault(recover: FaultListener): void {
  listener = recover;
}

export function installLastResort(): void {
  process.on('uncaughtException', (error) => {
    tellFault('uncaught exception', error);
  });
  process.on('unhandledRejection', (reason) => {
    tellFault('unhandled rejection', reason);
  });
}

export function tellFault(where: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  tell(`bosun: internal error, ${where}; going on. Please report it: ${text}`);
  listener?.(where, error);
}

/** One line or a few to stderr, at once; a stderr that is closed or full is no reason to do anything else. */
export function tell(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // There is nobody to tell.
  }
}

// `bosun check`: what is wrong with the configuration, all of it at once; nothing is started.
import { isatty } from 'node:tty';
import { definedOnly } from '../config/base-environment.ts';
import { loadConfiguration } from '../config/load.ts';
import { renderDiagnostics } from '../config/diagnostic.ts';
import { tell } from './last-resort.ts';
import { findConfigDirectory, NO_DIRECTORY } from './place.ts';

/** The exit code: 0 when it can be run. */
export async function checkConfiguration(named: string | undefined): Promise<number> {
  const directory = named ?? (await findConfigDirectory());
  if (directory === undefined) {
    tell(`bosun: ${NO_DIRECTORY}`);
    return 1;
  }
  const loaded = await loadConfiguration({ directory, environment: definedOnly(process.env) });
  const diagnostics = loaded.kind === 'loaded' ? loaded.warnings : loaded.diagnostics;
  if (diagnostics.length > 0) tell(renderDiagnostics(diagnostics, { color: isatty(2) }));
  if (loaded.kind === 'refused') return 1;
  const count = loaded.spec.services.length;
  process.stdout.write(`${directory}: ${count} ${count === 1 ? 'service' : 'services'}, no errors\n`);
  return 0;
}

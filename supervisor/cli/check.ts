// `bosunctl check`: the only command that reads configuration, and one that needs no running Bosun.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { definedOnly } from '../config/base-environment.ts';
import { DEFAULT_DIRECTORIES } from '../config/default-directories.ts';
import type { LoadResult } from '../config/load.ts';
import { printJson, type CliCommand } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export const command: CliCommand = {
  name: 'check',
  words: '[directory]',
  summary: 'Check the service files, and show every error at once with its place',
  example: 'bosunctl check ./services.d',
  details: `Needs no running Bosun. The directory is the one named, else \`$BOSUN_CONFIG\`, else \`/etc/bosun/services.d\`, else
\`./services.d\`. Gives 1 when there is an error.`,
  options: [],
  run: async ({ terminal }, { words, json }) => {
    const directory = findDirectory(words[0], terminal);
    const { loadConfiguration } = await import('../config/load.ts');
    const loaded = await loadConfiguration({ directory, environment: definedOnly(terminal.environment) });
    return json ? await showJson(terminal, directory, loaded) : await showText(terminal, directory, loaded);
  },
};

function findDirectory(named: string | undefined, { environment, workingDir }: Terminal): string {
  const chosen = named ?? environment['BOSUN_CONFIG'];
  if (chosen !== undefined) return resolve(workingDir, chosen);
  const usual = DEFAULT_DIRECTORIES.map((directory) => resolve(workingDir, directory));
  return usual.find((place) => existsSync(place)) ?? resolve(workingDir, 'services.d');
}

async function showJson(terminal: Terminal, directory: string, loaded: LoadResult): Promise<ExitCode> {
  const diagnostics = loaded.kind === 'loaded' ? loaded.warnings : loaded.diagnostics;
  await printJson(terminal, { directory, valid: loaded.kind === 'loaded', diagnostics });
  return loaded.kind === 'loaded' ? EXIT.done : EXIT.failed;
}

async function showText(terminal: Terminal, directory: string, loaded: LoadResult): Promise<ExitCode> {
  const { renderDiagnostics } = await import('../config/diagnostic.ts');
  const diagnostics = loaded.kind === 'loaded' ? loaded.warnings : loaded.diagnostics;
  const color = terminal.paint('red', '') !== '';
  terminal.complain(renderDiagnostics(diagnostics, { color }));
  if (loaded.kind === 'refused') return EXIT.failed;
  const count = loaded.spec.services.length;
  await terminal.print(`${directory}: ${count} ${count === 1 ? 'service' : 'services'}, no errors\n`);
  return EXIT.done;
}

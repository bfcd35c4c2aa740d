// The configuration as its files are now, for a Bosun that runs: loaded and completed as at the start. The control plane's thread
// does it, so that neither a file system that hangs nor a file that takes all memory touches PID 1.
import { completeSpec } from '../config/complete-spec.ts';
import { definedOnly } from '../config/base-environment.ts';
import { renderDiagnostics, type Diagnostic } from '../config/diagnostic.ts';
import { fixedSettings } from '../config/fixed-settings.ts';
import { loadConfiguration } from '../config/load.ts';
import type { PlaneSettings } from '../core/plane-message.ts';
import type { ConfigurationReading } from '../plane/ports.ts';
import type { DiagnosticView } from '../wire/plan-view.ts';

/** `own`: Bosun's environment as it was at its start. */
export async function readConfiguration(
  { configuration, socketPath }: PlaneSettings,
  own: NodeJS.ProcessEnv,
): Promise<ConfigurationReading> {
  const { directory, command, shutdownBudgetMs, overridden } = configuration;
  const environment = definedOnly(own);
  const loaded = await loadConfiguration({
    directory,
    environment,
    logPlaces: () => Promise.resolve(configuration.logs),
  });
  if (loaded.kind === 'refused') return refused(loaded.diagnostics);
  const complete = completeSpec(loaded.spec, {
    socketPath,
    shutdownBudgetMs,
    command,
    logsOfCommand: loaded.logs.ofCommand,
    environment,
    moment: 'running',
  });
  if (complete.kind === 'refused') return refused([complete.diagnostic]);
  return {
    kind: 'read',
    spec: complete.spec,
    fixed: fixedSettings(loaded.settings, overridden),
    warnings: loaded.warnings.map(toView),
  };
}

function refused(diagnostics: readonly Diagnostic[]): ConfigurationReading {
  return {
    kind: 'refused',
    diagnostics: diagnostics.map(toView),
    rendered: renderDiagnostics(diagnostics, { color: false }),
  };
}

/** Without the text of the line: it may hold a secret, and the place is told. */
function toView({ severity, file, line, column, key, message, remedy }: Diagnostic): DiagnosticView {
  return { severity, file, line, column, key, message, remedy };
}

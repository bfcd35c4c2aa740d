// Settings of a control plane for tests; each names what it needs otherwise.
import { fixedSettings } from '../../supervisor/config/fixed-settings.ts';
import { fleetSchema } from '../../supervisor/config/fleet-schema.ts';
import { toFileSettings } from '../../supervisor/config/fleet-settings.ts';
import type { PlaneSettings } from '../../supervisor/core/plane-message.ts';

export function planeSettings(settings: Partial<PlaneSettings> = {}): PlaneSettings {
  return {
    version: '0',
    socketPath: '/x',
    logFormat: 'raw',
    ownUid: process.getuid?.() ?? 0,
    enginePid: 1,
    configuration: {
      directory: '/x',
      command: [],
      shutdownBudgetMs: undefined,
      // What a bosun.yaml that says nothing comes to.
      fixed: fixedSettings(toFileSettings(fleetSchema.parse({})), []),
      overridden: [],
      logs: { format: 'raw', directory: '/x/logs', sinks: [] },
    },
    stateDir: '/x',
    journal: { segmentEvents: 100_000, segmentBytes: 64 * 1024 * 1024, keep: 4 },
    spoolDir: '/x/spool',
    sinks: [],
    socketRules: [],
    listeners: [],
    tracing: undefined,
    ...settings,
  };
}

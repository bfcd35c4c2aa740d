// The layers of DESIGN section 3. Imports flow one way; type imports count; there are no cycles.
const only = (name, folder, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^supervisor/${folder}/` },
  to: { pathNot: [`^supervisor/${folder}/`, ...allowed] },
});

const BUILT_IN = '^node:|^[a-z_/]+$';
const PACKAGE = 'node_modules';
const layer = (name) => `^supervisor/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    only('core-is-pure', 'core', [], 'core/ imports nothing but core/: no package, no Node module'),
    only('config', 'config', [layer('core'), BUILT_IN, PACKAGE], 'config/ imports core'),
    only('os', 'os', [layer('core'), BUILT_IN, PACKAGE], 'os/ imports core, never probe/'),
    only('probe', 'probe', [layer('core'), BUILT_IN, PACKAGE], 'probe/ imports core, never os/'),
    only('engine', 'engine', [layer('core')], 'engine/ imports core; the rest comes as ports'),
    only('wire', 'wire', [layer('core'), BUILT_IN, PACKAGE], 'wire/ imports core'),
    only(
      'logs',
      'logs',
      [layer('core'), BUILT_IN],
      'logs/ imports core, and no package: it starts before everything else',
    ),
    only(
      'plane',
      'plane',
      [layer('core'), layer('wire'), '^supervisor/logs/(format|redaction)/', BUILT_IN, PACKAGE],
      'plane/ imports core and wire; the forms of log lines, to read them back',
    ),
    only('client', 'client', [layer('wire'), BUILT_IN, PACKAGE], 'client/ imports wire'),
    only(
      'cli',
      'cli',
      [layer('client'), layer('wire'), layer('config'), layer('core'), BUILT_IN, PACKAGE],
      'cli/ imports client and wire; config and core for `check` and `graph`',
    ),
    {
      name: 'cli-config-for-check-only',
      severity: 'error',
      from: { path: '^supervisor/cli/', pathNot: '^supervisor/cli/check\\.ts$' },
      to: { path: layer('config') },
    },
    {
      name: 'ffi-in-few-files',
      comment: 'node:ffi can corrupt memory: only os/libc*.ts and os/poll.ts know it',
      severity: 'error',
      from: { pathNot: '^supervisor/os/(libc|libc-[a-z-]+|poll)\\.ts$' },
      to: { path: '^(node:)?ffi$' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['^supervisor/(main|ctl|worker|log-worker)\\.ts$'] },
      to: {},
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};

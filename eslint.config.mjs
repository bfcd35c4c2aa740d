// One linter: type-aware rules against the mistakes that end PID 1 (floating promises, async listeners, unsafe values at
// borders), limits of size, and the purity of core/. Layering is in .dependency-cruiser.cjs.
import tseslint from 'typescript-eslint';

const impureGlobals = [
  'process',
  'performance',
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'console',
  'Buffer',
];

export default tseslint.config(
  { ignores: ['node_modules/', '.bosun/', 'dist/', '**/*.cjs', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', { max: 12, variant: 'modified' }],
      eqeqeq: 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'exit',
          message: 'Only main.ts, ctl.ts and the workers end the process.',
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportAllDeclaration',
          message: 'No barrels: import from the file that has it.',
        },
        {
          selector: 'ImportDeclaration[source.value=/^(node:)?process$/]',
          message:
            'Node reads every getter of it, process.stdin too, and a terminal becomes non-blocking for all who share it. Use the global.',
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['supervisor/core/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...impureGlobals.map((name) => ({ name, message: 'core/ is pure: time and chance are inputs.' })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'core/ is pure: chance is an input.' },
      ],
    },
  },
  {
    files: ['supervisor/main.ts', 'supervisor/ctl.ts', 'supervisor/worker.ts', 'supervisor/log-worker.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['test/**', 'scripts/**', 'bench/**'],
    rules: {
      // describe() and it() of node:test return promises that the runner awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'],
            },
          ],
        },
      ],
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
    },
  },
);

// Writes a configuration into a directory of its own, loads it, and removes it again.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../../supervisor/config/diagnostic.ts';
import { loadConfiguration, type LoadOptions, type LoadResult } from '../../supervisor/config/load.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';

/** Paths relative to the parent of the services directory: `services.d/web.yaml`, `bosun.yaml`. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** What Bosun may do, and whom there is, if not as on this machine. */
export type ReadFacts = LoadOptions['readFacts'];

export async function load(
  files: Files,
  environment: Record<string, string> = {},
  readFacts?: ReadFacts,
): Promise<LoadResult> {
  const root = await mkdtemp(join(tmpdir(), 'bosun-config-'));
  try {
    await mkdir(join(root, 'services.d'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    const options = { directory: join(root, 'services.d'), environment };
    return relative(
      root,
      await loadConfiguration(readFacts === undefined ? options : { ...options, readFacts }),
    );
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Diagnostics name the files without the temporary directory. */
function relative(root: string, result: LoadResult): LoadResult {
  const shorten = (diagnostic: Diagnostic): Diagnostic => ({
    ...diagnostic,
    file: diagnostic.file.replace(`${root}/`, ''),
  });
  if (result.kind === 'refused') return { ...result, diagnostics: result.diagnostics.map(shorten) };
  return { ...result, warnings: result.warnings.map(shorten) };
}

/** The one service of a file that must be right. */
export async function loadService(
  yaml: string,
  environment: Record<string, string> = {},
): Promise<ServiceSpec> {
  const result = await load({ 'services.d/it.yaml': yaml }, environment);
  assert.equal(result.kind, 'loaded', JSON.stringify(result, null, 2));
  const [service] = result.spec.services;
  assert.ok(service);
  return service;
}

export async function diagnosticsOf(
  files: Files,
  environment: Record<string, string> = {},
): Promise<readonly Diagnostic[]> {
  const result = await load(files, environment);
  return result.kind === 'refused' ? result.diagnostics : result.warnings;
}

/** `file:line:column message`, which is what most tests are about. */
export function brief(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);
}

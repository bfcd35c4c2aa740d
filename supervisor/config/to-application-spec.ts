// `application` of a service file, to the specification of the core. None of its files is opened here: they may come later.
import { resolve } from 'node:path';
import type { ApplicationSpec } from '../core/application-spec.ts';
import type { ApplicationFile } from './application-schema.ts';

/** `directory`: that of the service file. */
export function toApplicationSpec(file: ApplicationFile, directory: string): ApplicationSpec | undefined {
  if (file === undefined) return undefined;
  const { url, socket = '', key_file, certificate_authority: authority, server_name = '' } = file;
  return {
    url,
    socketPath: socket,
    keyFile: resolve(directory, key_file),
    authorityFile: authority === undefined ? '' : resolve(directory, authority),
    serverName: server_name,
    timeoutMs: file.timeout,
    retryMs: file.retry_for,
  };
}

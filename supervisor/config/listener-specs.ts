// `listeners:` of bosun.yaml to what the control plane goes by, and what contradicts itself there.
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { ListenerAuthentication, ListenerSpec, ServerCertificate } from '../core/control-access.ts';
import type { Finding } from './diagnostic.ts';
import type { ListenerFile, ListenersFile } from './listener-schema.ts';
import type { Path } from './plain-value.ts';

/** `directory`: that of bosun.yaml. */
export function toListenerSpecs(listeners: ListenersFile, directory: string): readonly ListenerSpec[] {
  return Object.entries(listeners).map(([name, file]) => ({
    name,
    address: file.address,
    port: file.port,
    hosts: file.hosts,
    authentication: toAuthentication(file, directory),
  }));
}

function toAuthentication(
  { tls, clients, api_keys }: ListenerFile,
  directory: string,
): ListenerAuthentication {
  const at = (path: string): string => resolve(directory, path);
  const server: ServerCertificate | undefined = tls && { certificate: at(tls.certificate), key: at(tls.key) };
  if (clients === undefined || server === undefined)
    return { kind: api_keys === true ? 'api-key' : 'none', server };
  return {
    kind: 'certificate',
    server,
    certificateAuthority: at(clients.certificate_authority),
    revocationLists: clients.revocation_lists.map(at),
    denied: clients.deny.flatMap(deniedForms),
  };
}

/** A serial number as Node writes it; what may be one may also be a name. */
function deniedForms(written: string): readonly string[] {
  const digits = written.replaceAll(':', '').toUpperCase();
  if (!/^[0-9A-F]+$/.test(digits)) return [written];
  const trimmed = digits.replace(/^0+(?=.)/, '');
  const even = trimmed.length % 2 === 0 ? trimmed : `0${trimmed}`;
  return [...new Set([written, trimmed, even])];
}

export type ListenerFinding = Omit<Finding, 'key'> & { readonly path: Path };

export function listenerContradictions(listeners: ListenersFile): readonly ListenerFinding[] {
  return Object.entries(listeners).flatMap(([name, file], index) => {
    const others = Object.entries(listeners).slice(0, index);
    return [...withoutTls(name, file), ...inTheClear(name, file), ...samePort(name, file, others)];
  });
}

function withoutTls(name: string, { clients, tls }: ListenerFile): readonly ListenerFinding[] {
  if (clients === undefined || tls !== undefined) return [];
  const remedy = "Add tls with the server's certificate and key.";
  return [{ path: ['listeners', name, 'clients'], message: 'clients has no meaning without tls', remedy }];
}

function inTheClear(name: string, { api_keys, tls, address }: ListenerFile): readonly ListenerFinding[] {
  if (api_keys !== true || tls !== undefined || isLoopback(address)) return [];
  return [
    {
      severity: 'warning',
      path: ['listeners', name, 'api_keys'],
      message: 'without tls the API keys go over the network in the clear',
      remedy: 'Add tls, or listen on 127.0.0.1 behind a proxy that has it.',
    },
  ];
}

function samePort(
  name: string,
  { port, address }: ListenerFile,
  others: readonly (readonly [string, ListenerFile])[],
): readonly ListenerFinding[] {
  const [other] = others.find(([, file]) => file.port === port && overlap(file.address, address)) ?? [];
  if (other === undefined) return [];
  const message = `the listener "${other}" has port ${port} already`;
  return [{ path: ['listeners', name, 'port'], message, remedy: 'Choose another port for one of the two.' }];
}

/** `::` takes the ports of IPv4 as well, ipv6(7). */
function overlap(one: string, other: string): boolean {
  if (one === other || one === '::' || other === '::') return true;
  return isIP(one) === isIP(other) && (one === '0.0.0.0' || other === '0.0.0.0');
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

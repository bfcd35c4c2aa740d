// Which Bosun to talk to and how: from the common options, and from the variables where no option says otherwise. What
// contradicts itself is told before anything is sent.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Identity, ServerTrust, Target } from '../client/target.ts';
import { textOption, UsageError, type CommandInput } from './command.ts';
import { findSocket } from './find-socket.ts';
import { foldLine } from './fold.ts';
import type { Terminal } from './terminal.ts';

export function chooseTarget(input: CommandInput, terminal: Terminal): Target {
  const said = new Settings(input, terminal);
  const address = chooseAddress(said);
  if (address === undefined) return { kind: 'socket', socketPath: chooseSocket(said, terminal) };
  const port = readPort(said);
  const apiKey = readApiKey(said, terminal);
  if (said.isOn('plaintext')) {
    const tls = TLS_OPTIONS.find((name) => said.option(name) !== undefined);
    if (tls !== undefined)
      throw new UsageError(`--${tls} is for TLS, and --plaintext is without; leave out one of the two`);
    return { kind: 'plaintext', address, port, apiKey };
  }
  const serverName = said.value('server-name');
  const trust = chooseTrust(said, terminal);
  return { kind: 'tls', address, port, serverName, trust, identity: readIdentity(said, terminal), apiKey };
}

const NETWORK_OPTIONS = ['port', 'certificate', 'key', 'certificate-authority', 'server-name'] as const;
const TLS_OPTIONS = [
  'certificate',
  'key',
  'certificate-authority',
  'server-name',
  'trust-on-first-use',
] as const;

/** Undefined: the control socket. */
function chooseAddress(said: Settings): string | undefined {
  const address = said.option('address');
  if (address !== undefined && said.option('socket') !== undefined)
    throw new UsageError('--socket and --address are two places; give one of them');
  if (address !== undefined) return address;
  if (said.option('socket') === undefined) {
    const ofEnvironment = said.variable('address');
    if (ofEnvironment !== undefined && said.variable('socket') !== undefined)
      throw new UsageError('BOSUN_SOCKET and BOSUN_ADDRESS are both set; give --socket or --address');
    if (ofEnvironment !== undefined) return ofEnvironment;
  }
  const network = NETWORK_OPTIONS.find((name) => said.option(name) !== undefined);
  if (network !== undefined)
    throw new UsageError(
      `--${network} is for a Bosun over the network; say where with --address HOST --port NUMBER`,
    );
  return undefined;
}

function chooseSocket(said: Settings, terminal: Terminal): string {
  return findSocket(said.option('socket'), terminal);
}

function readPort(said: Settings): number {
  const text = said.value('port');
  if (text === undefined)
    throw new UsageError('--address needs the port too: add --port NUMBER, or set BOSUN_PORT');
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new UsageError(`--port takes a number from 1 to 65535, not ${JSON.stringify(text)}`);
  return port;
}

function chooseTrust(said: Settings, terminal: Terminal): ServerTrust {
  const authority = said.value('certificate-authority');
  const firstUse = said.isOn('trust-on-first-use');
  if (said.option('certificate-authority') !== undefined && said.option('trust-on-first-use') !== undefined)
    throw new UsageError(
      '--certificate-authority and --trust-on-first-use exclude each other; give one of them',
    );
  if (authority !== undefined)
    return { kind: 'authority', certificateAuthority: readPem('certificate-authority', authority, terminal) };
  if (firstUse)
    return {
      kind: 'first-use',
      knownHosts: knownHostsPath(terminal),
      onFirstUse: (fingerprint) => {
        terminal.complain(
          foldLine(`bosunctl: first use of this server; trusted from now on: ${fingerprint}`),
        );
      },
    };
  throw new UsageError(
    'nothing says why to trust the server: give --certificate-authority FILE (PEM), or --trust-on-first-use',
  );
}

function readIdentity(said: Settings, terminal: Terminal): Identity | undefined {
  const certificate = said.value('certificate');
  const key = said.value('key');
  if (certificate === undefined && key === undefined) return undefined;
  if (key === undefined) throw new UsageError('--certificate needs its private key too: add --key FILE');
  if (certificate === undefined)
    throw new UsageError('--key needs its certificate too: add --certificate FILE');
  return { certificate: readPem('certificate', certificate, terminal), key: readPem('key', key, terminal) };
}

function readApiKey(said: Settings, terminal: Terminal): string | undefined {
  const file = said.option('api-key-file');
  const ofEnvironment = terminal.environment['BOSUN_API_KEY'];
  if (file === undefined && ofEnvironment !== undefined && ofEnvironment !== '')
    return checkApiKey(ofEnvironment, 'BOSUN_API_KEY');
  const named = file ?? said.variable('api-key-file');
  if (named === undefined) return undefined;
  return checkApiKey(readFile('api-key-file', named, terminal).toString().trim(), named);
}

/** It becomes a header: RFC 9110, 5.5. Never shown. */
function checkApiKey(apiKey: string, place: string): string {
  if (/^[\x21-\x7e]{1,512}$/.test(apiKey)) return apiKey;
  throw new UsageError(`${place} holds no API key: that is one word, as \`bosunctl key create\` prints it`);
}

function readPem(option: string, path: string, terminal: Terminal): Buffer {
  const bytes = readFile(option, path, terminal);
  if (bytes.includes('-----BEGIN ')) return bytes;
  throw new UsageError(`--${option}: ${path} is no PEM file, which has a line "-----BEGIN ...-----"`);
}

function readFile(option: string, path: string, { workingDir }: Terminal): Buffer {
  try {
    return readFileSync(resolve(workingDir, path));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`--${option}: cannot read ${path}: ${why}`);
  }
}

/** XDG Base Directory Specification: a path that is not absolute does not count. */
function knownHostsPath({ environment }: Terminal): string {
  const configHome = environment['XDG_CONFIG_HOME'];
  if (configHome?.startsWith('/') === true) return join(configHome, 'bosun', 'known_hosts');
  const home = environment['HOME'];
  if (home?.startsWith('/') === true) return join(home, '.config', 'bosun', 'known_hosts');
  throw new UsageError(
    '--trust-on-first-use has no place for what it remembers: set HOME or XDG_CONFIG_HOME',
  );
}

/** By the long names of the options. */
class Settings {
  readonly #input: CommandInput;
  readonly #environment: Terminal['environment'];

  constructor(input: CommandInput, { environment }: Terminal) {
    this.#input = input;
    this.#environment = environment;
  }

  option(name: string): string | undefined {
    const key = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return this.#input.options[key] === true ? 'true' : textOption(this.#input, key);
  }

  variable(name: string): string | undefined {
    const value = this.#environment[`BOSUN_${name.toUpperCase().replaceAll('-', '_')}`];
    return value === '' ? undefined : value;
  }

  value(name: string): string | undefined {
    return this.option(name) ?? this.variable(name);
  }

  isOn(name: string): boolean {
    const value = this.value(name);
    return value !== undefined && value !== '0' && value !== 'false';
  }
}

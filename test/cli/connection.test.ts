import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandsIn, type CliCommand } from '../../supervisor/cli/command.ts';
import { COMMON_OPTIONS } from '../../supervisor/cli/common-options.ts';
import { COMMAND_FILES } from '../../supervisor/cli/program.ts';
import { Authority, type Issued } from '../client/support/authority.ts';
import { answerJson, NetworkServer } from '../client/support/network-server.ts';
import { bosunctl, type Ran } from './support/bosunctl.ts';

let authority: Authority;
let server: Issued;
let alice: Issued;
let bosun: NetworkServer;
let plain: NetworkServer;
let directory: string;

before(async () => {
  authority = await Authority.create();
  server = await authority.issue({ subject: '/CN=server' });
  alice = await authority.issue({ subject: '/OU=observe/CN=alice' });
  bosun = await NetworkServer.start(server, {
    requestCert: true,
    rejectUnauthorized: true,
    ca: authority.pem,
  });
  plain = await NetworkServer.start(undefined, {}, (request, response) => {
    if (request.headers['x-api-key'] === 'good') answerJson(response, { keys: [] });
    else
      answerJson(
        response,
        { code: 'key-required', status: 401, detail: 'Who are you?', next: 'Say it.' },
        401,
      );
  });
  directory = mkdtempSync(join(tmpdir(), 'bosun-cli-'));
  writeFileSync(join(directory, 'good.key'), 'good\n');
});
after(async () => {
  authority[Symbol.dispose]();
  await bosun[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const place = (): string[] => ['-a', '127.0.0.1', '-p', String(bosun.port)];
const trust = (): string[] => ['-C', authority.path, '--server-name', 'server'];
const identity = (): string[] => ['-c', alice.certificatePath, '-k', alice.keyPath];

/** What it says is no wider than 80 columns, but for a word that is. */
async function ctl(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const ran = await bosunctl(words, environment);
  for (const line of ran.stderr.split('\n'))
    assert.ok(line.length <= 80 || line.trim().split(' ').length === 1, `${line.length} columns: ${line}`);
  return ran;
}

test('the options are good before the command and after it, and the last one holds', async () => {
  const before = await ctl([...place(), ...trust(), ...identity(), 'version']);
  assert.equal(before.stdout, 'bosun 1, API v1, Node.js 26, pid 1\n', before.stderr);
  assert.equal((await ctl(['version', ...place(), ...trust(), ...identity()])).code, 0);
  assert.equal((await ctl(['-p', '1', 'version', ...place(), ...trust(), ...identity(), '--json'])).code, 0);
});

test('variables stand for options, and options win', async () => {
  const variables = {
    BOSUN_ADDRESS: '127.0.0.1',
    BOSUN_PORT: String(bosun.port),
    BOSUN_CERTIFICATE: alice.certificatePath,
    BOSUN_KEY: alice.keyPath,
    BOSUN_CERTIFICATE_AUTHORITY: authority.path,
    BOSUN_SERVER_NAME: 'server',
  };
  assert.equal((await ctl(['version'], variables)).code, 0);
  assert.match((await ctl(['version', '-p', '1'], variables)).stderr, /127\.0\.0\.1:1: nobody listens/);
  const { code, stderr } = await ctl(['version', '--socket', '/nowhere/x.sock'], variables);
  assert.deepEqual([code, /at \/nowhere\/x\.sock: ENOENT/.test(stderr)], [6, true]);
  assert.equal(
    (await ctl(['version', ...place()], { ...variables, BOSUN_SOCKET: '/nowhere/x.sock' })).code,
    0,
  );
});

test('an API key comes from a file or from the environment, and is never shown', async () => {
  const at = ['-a', '127.0.0.1', '-p', String(plain.port), '--plaintext', 'key', 'list'];
  const none = await ctl(at);
  assert.equal(none.code, 5);
  assert.match(
    none.stderr,
    /^bosunctl: Who are you\?\n {2}Give one with --api-key-file FILE or BOSUN_API_KEY;/,
  );
  assert.equal((await ctl([...at, '--api-key-file', join(directory, 'good.key')])).code, 0);
  assert.equal((await ctl(at, { BOSUN_API_KEY: 'good' })).code, 0);
  assert.equal((await ctl(at, { BOSUN_API_KEY_FILE: join(directory, 'good.key') })).code, 0);
  assert.equal((await ctl(at, { BOSUN_API_KEY: 'bad', BOSUN_API_KEY_FILE: 'x' })).code, 5);
  const wrong = await ctl(at, { BOSUN_API_KEY: 'two words' });
  assert.equal(wrong.code, 2);
  assert.doesNotMatch(wrong.stderr, /two words/);
});

const USAGE: readonly (readonly [readonly string[], RegExp, Readonly<Record<string, string>>?])[] = [
  [['--socket', '/x', '-a', 'h'], /--socket and --address are two places; give one/],
  [
    [],
    /BOSUN_SOCKET and BOSUN_ADDRESS are both set; give --socket or --address/,
    { BOSUN_SOCKET: '/x', BOSUN_ADDRESS: 'h' },
  ],
  [['-p', '1'], /--port is for a Bosun over the network; say where with --address/],
  [['--socket', '/x', '-c', 'x'], /--certificate is for a Bosun over the network/],
  [['-a', 'h'], /--address needs the port too: add --port/],
  [['-a', 'h', '-p', '65536'], /--port takes a number from 1 to 65535, not "65536"/],
  [['-a', 'h', '-p', '1'], /nothing says why to trust the server: give --certificate-authority/],
  [['-a', 'h', '-p', '1', '-C', 'CA', '--trust-on-first-use'], /exclude each other; give one of them/],
  [['-a', 'h', '-p', '1', '-C', 'CA', '-c', 'CA'], /--certificate needs its private key too: add --key/],
  [['-a', 'h', '-p', '1', '-C', 'CA', '-k', 'CA'], /--key needs its certificate too: add --certificate/],
  [['-a', 'h', '-p', '1', '-C', '/nowhere'], /--certificate-authority: cannot read \/nowhere: ENOENT/],
  [['-a', 'h', '-p', '1', '-C', '/dev/null'], /\/dev\/null is no PEM file/],
  [
    ['-a', 'h', '-p', '1', '--plaintext', '-C', 'CA'],
    /--certificate-authority is for TLS, and --plaintext is without/,
  ],
  [['-a', 'h', '-p', '1', '--trust-on-first-use'], /set HOME or XDG_CONFIG_HOME/],
];

for (const [words, sentence, environment] of USAGE) {
  test(`bosunctl ${words.join(' ')} is told what to do`, async () => {
    const named = words.map((word) => (word === 'CA' ? authority.path : word));
    const { code, stderr } = await ctl([...named, 'version'], environment);
    assert.match(stderr.replaceAll('\n  ', ' '), sentence);
    assert.deepEqual([code, stderr.split('\n').at(-2)], [2, '  See `bosunctl help`.']);
  });
}

test('each refusal says what is wrong and what to do, with the exit code for it', async () => {
  const elsewhere = await Authority.create('elsewhere');
  const refusals: readonly (readonly [number, readonly string[], RegExp])[] = [
    [
      6,
      [...place(), '-C', elsewhere.path, '--server-name', 'server'],
      /not from the authority that you trust .*--certificate-authority FILE/,
    ],
    [6, [...place(), '-C', authority.path, ...identity()], /for another name: .*--server-name NAME/],
    [5, [...place(), ...trust()], /a certificate of yours .*--certificate FILE and --key FILE/],
    [6, [...place(), '--plaintext'], /it may want TLS/],
    [
      6,
      ['-a', '127.0.0.1', '-p', String(plain.port), ...trust()],
      /does not speak TLS at this port .*--plaintext/,
    ],
    [
      2,
      [...place(), ...trust(), '-c', alice.certificatePath, '-k', server.keyPath],
      /cannot be used: .* Is the key that of the certificate/,
    ],
  ];
  for (const [exitCode, words, sentence] of refusals) {
    const { code, stderr } = await ctl([...words, 'version']);
    assert.match(stderr.replaceAll(/\n +/g, ' '), sentence);
    assert.equal(code, exitCode, stderr);
  }
  elsewhere[Symbol.dispose]();
  const { stderr } = await bosunctl([...place(), ...trust(), 'version', '--json']);
  assert.equal((JSON.parse(stderr) as { error: { code: string } }).error.code, 'certificate-required');
});

test('trust on first use: told once, kept under XDG_CONFIG_HOME, and a change is refused', async () => {
  await using open = await NetworkServer.start(server);
  const words = ['version', '-a', '127.0.0.1', '-p', String(open.port)];
  const environment = { XDG_CONFIG_HOME: directory, BOSUN_TRUST_ON_FIRST_USE: '1' };
  const file = join(directory, 'bosun', 'known_hosts');
  const first = await bosunctl(words, environment);
  assert.match(
    first.stderr,
    /^bosunctl: first use of this server; trusted from now on:\n {2}sha256:[0-9A-F:]{95}\n$/,
  );
  assert.deepEqual(await ctl(words, environment), { ...first, stderr: '' });
  const authorized = await ctl([...words, ...trust()], { ...environment, XDG_CONFIG_HOME: '/dev/null' });
  assert.deepEqual([authorized.code, authorized.stderr], [0, '']);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/sha256:../, 'sha256:00'));
  const changed = await ctl(words, environment);
  assert.match(
    changed.stderr.replaceAll(/\n +/g, ' '),
    /HAS CHANGED\. .* remove its line from the file, and try again/,
  );
  assert.deepEqual([changed.code, open.asked.length], [6, 3]);
});

async function allCommands(): Promise<readonly CliCommand[]> {
  const entries = await Promise.all([...COMMAND_FILES.values()].map(async (load) => (await load()).command));
  return entries.flatMap(commandsIn).map(({ command }) => command);
}

test('no option of a command is one of those that all of them take', async () => {
  const names = ({ flags }: { readonly flags: string }): string[] => flags.replace(/ <.*/, '').split(', ');
  const common = new Set(COMMON_OPTIONS.flatMap(names));
  for (const { name, options } of await allCommands())
    for (const option of options)
      assert.deepEqual(
        names(option).filter((flag) => common.has(flag)),
        [],
        `${name} ${option.flags}`,
      );
});

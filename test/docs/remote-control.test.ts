// docs/how-to/remote-control.md, done as it is written: its openssl commands, its configurations, and its requests, at the loopback
// address instead of the one of the page.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Container } from '../support/container.ts';
import { freePorts } from '../stack/free-ports.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/how-to/remote-control.md'), 'utf8');
const [REMOTE_PORT, KEYED_PORT, HEALTH_PORT] = await freePorts(3);
const PORTS: Readonly<Record<string, number | undefined>> = {
  9443: REMOTE_PORT,
  9444: KEYED_PORT,
  9100: HEALTH_PORT,
};

function here(text: string): string {
  return text
    .replaceAll('192.0.2.1', '127.0.0.1')
    .replaceAll(/\b(?:9443|9444|9100)\b/g, (port) => String(PORTS[port]));
}

/** The blocks of this language, in order. */
function blocks(language: string): readonly string[] {
  return [...PAGE.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, text = '']) =>
    here(text),
  );
}

const [openssl = '', requests = '', keys = ''] = blocks('sh');

/** The line of the page that begins so. */
function line(text: string, start: string): string {
  return text.split('\n').find((each) => each.startsWith(start)) ?? assert.fail(`no line ${start}`);
}

async function shell(
  script: string,
  directory: string,
  environment: Record<string, string> = {},
): Promise<string> {
  const env = { PATH: `${join(ROOT, 'bin')}:${process.env['PATH'] ?? ''}`, ...environment };
  const options = { cwd: directory, env, timeout: 30_000 };
  return (await promisify(execFile)('sh', ['-eu', '-c', script], options)).stdout;
}

test('certificates, keys and the read-only listener as the page has them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-remote-'));
  try {
    await shell(openssl, directory);
    const tls = join(directory, 'tls');
    const fleet = blocks('yaml')
      .filter((text) => text.includes('listeners:'))
      .map((text) => text.replace(/^# .*\nlisteners:\n/, ''))
      .join('')
      .replaceAll('tls/', `${tls}/`);
    const state = join(directory, 'state');
    mkdirSync(state);
    await using container = new Container({
      place: 'below',
      services: { web: 'command: [sleep, "100000"]\n' },
      fleet: `state_dir: ${state}\nlisteners:\n${fleet}`,
    });
    for (const name of ['remote', 'keyed', 'health'])
      await container.stdout.line((each) => each.includes(`listener ${name}: `));

    assert.match(await shell(line(requests, 'bosunctl'), tls), /web +running/);
    assert.match(await shell(line(requests, 'curl'), tls), /"name":"web"/);

    const first = readFileSync(join(state, 'api-key'), 'utf8').trim();
    assert.match(await shell(line(keys, 'curl'), tls, { KEY: first }), /"name":"web"/);
    const socket = { BOSUN_SOCKET: container.socket };
    const made = await shell(line(keys, 'bosunctl key create'), tls, socket);
    const [key = '', id = ''] = /bosun_([0-9a-f]{8})_\S{43}/.exec(made) ?? assert.fail(made);
    assert.match(await shell(line(keys, 'bosunctl key list'), tls, socket), new RegExp(id));
    assert.match(await shell(line(keys, 'curl'), tls, { KEY: key }), /"name":"web"/);
    const rotated = await shell(line(keys, 'bosunctl key rotate').replace('ID', id), tls, socket);
    assert.match(rotated, /bosun_/);
    await shell(line(keys, 'bosunctl key revoke').replace('ID', id), tls, socket);
    assert.match(await shell(line(keys, 'curl'), tls, { KEY: key }), /key-refused/);

    const health = await fetch(`http://127.0.0.1:${HEALTH_PORT}/healthz`);
    assert.equal(await health.text(), 'ok\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the rules of the page are taken', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-rules-'));
  try {
    const [rules = ''] = blocks('yaml');
    mkdirSync(join(directory, 'services.d'));
    writeFileSync(join(directory, 'services.d', 'web.yaml'), 'command: [sleep, "1"]\n');
    // Users of the page whom this machine need not have.
    writeFileSync(join(directory, 'bosun.yaml'), rules.replace('deploy', '1002').replace('monitoring', '50'));
    const checked = await shell('bosun check services.d', directory);
    assert.match(checked, /^services\.d: 1 service, no errors\n$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

// The TCP and the file probe against what they ask: names, both families of addresses, each reason in words.
import assert from 'node:assert/strict';
import { once as event } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileProbe } from '../../supervisor/probe/file.ts';
import { tcpProbe } from '../../supervisor/probe/tcp.ts';
import { within } from '../support/deadline.ts';
import { once, reason } from './support/actions.ts';

const OWN_ADDRESSES = Object.values(networkInterfaces()).flatMap((some = []) =>
  some.map(({ address }) => address),
);

for (const [listening, hosts, shown] of [
  ['127.0.0.1', ['127.0.0.1', 'localhost'], '127.0.0.1'],
  ['::1', ['::1'], '[::1]'],
] as const)
  test(`tcp: what listens on ${listening} is found, by name too, and let go at once`, async (t) => {
    if (!OWN_ADDRESSES.includes(listening)) {
      t.skip('this machine has no such address');
      return;
    }
    const server = createServer();
    t.after(() => server.close());
    server.listen(0, listening);
    await event(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const host of hosts) {
      const accepted = event(server, 'connection');
      assert.equal(await reason(tcpProbe(host, port)), '', host);
      const [socket] = (await within('the connection', accepted)) as [Socket];
      await within('its end', event(socket.resume(), 'close'));
    }
    server.close();
    await event(server, 'close');
    assert.equal(await reason(tcpProbe(listening, port)), `tcp ${shown}:${port}: ECONNREFUSED`);
  });

test('tcp: a question that is not wanted any more ends', async () => {
  // A test network of RFC 5737: nobody answers, or somebody says so at once.
  const question = new AbortController();
  const answer = once(tcpProbe('192.0.2.1', 9), question.signal);
  question.abort();
  assert.equal((await answer).kind, 'failed');
});

test('file: whatever is there will do, also a directory; a dangling link is not there', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-file-'));
  try {
    const path = (name: string): string => join(directory, name);
    writeFileSync(path('file'), '');
    mkdirSync(path('directory'));
    symlinkSync(path('file'), path('link'));
    symlinkSync(path('none'), path('dangling'));
    for (const name of ['file', 'directory', 'link']) assert.equal(await reason(fileProbe(path(name))), '');
    for (const [name, code] of [
      ['none', 'ENOENT'],
      ['dangling', 'ENOENT'],
      ['file/below', 'ENOTDIR'],
    ] as const)
      assert.equal(await reason(fileProbe(path(name))), `file ${path(name)}: ${code}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

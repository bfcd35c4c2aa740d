// The example's one-time setup: it makes a key and a certificate that really work for HTTPS, and keeps what is there.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { makeKeys } from './support/sut-process.ts';

describe('the setup of the example', () => {
  let directory: string;
  const file = (path: string): string => join(directory, path);
  const content = (path: string): string => readFileSync(file(path), 'utf8');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bosun-setup-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('makes a key of 32 random bytes, and a certificate of an authority of its own', () => {
    const said = makeKeys(directory);
    assert.match(said, /made an API key\n.*made a certificate for sut-backend localhost/);
    assert.equal(Buffer.from(content('keys/api-key').trim(), 'base64').length, 32);
    const server = new X509Certificate(content('tls/server.pem'));
    const authority = new X509Certificate(content('ca/ca.pem'));
    assert.ok(server.checkIssued(authority) && server.verify(authority.publicKey));
    assert.equal(server.subjectAltName, 'DNS:sut-backend, DNS:localhost, IP Address:127.0.0.1');
    assert.ok(authority.ca && !server.ca);
  });

  it('shows secrets to nobody else, and leaves no key of the authority', () => {
    makeKeys(directory);
    const mode = (path: string): number => statSync(file(path)).mode & 0o777;
    assert.equal(mode('keys/api-key'), 0o440);
    assert.equal(mode('tls/server.key'), 0o400);
    assert.deepEqual(
      ['keys', 'tls', 'ca'].flatMap((place) => readdirSync(file(place)).sort()),
      ['api-key', 'server.key', 'server.pem', 'ca.pem'],
    );
  });

  it('keeps what is there', () => {
    makeKeys(directory);
    const files = ['keys/api-key', 'tls/server.pem', 'tls/server.key', 'ca/ca.pem'];
    const before = files.map(content);
    assert.equal(makeKeys(directory), 'setup: kept the API key\nsetup: kept the certificate\n');
    assert.deepEqual(files.map(content), before);
  });

  it('makes a certificate anew that its authority has not signed, and keeps the key', () => {
    makeKeys(directory);
    const key = content('keys/api-key');
    const other = mkdtempSync(join(tmpdir(), 'bosun-setup-'));
    makeKeys(other);
    const foreign = readFileSync(join(other, 'ca/ca.pem'), 'utf8');
    rmSync(other, { recursive: true });
    rmSync(file('ca/ca.pem'));
    writeFileSync(file('ca/ca.pem'), foreign);
    assert.match(makeKeys(directory), /kept the API key\nsetup: made a certificate/);
    assert.notEqual(content('ca/ca.pem'), foreign);
    assert.equal(content('keys/api-key'), key);
    assert.ok(!existsSync(file('ca/ca.pem.new')));
  });
});

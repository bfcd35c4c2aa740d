// A channel to a real application over TLS, with the notes of it where the engine's events would be.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplicationEvent } from '../../../../supervisor/core/application-event.ts';
import type { ApplicationSpec, SettingValue } from '../../../../supervisor/core/application-spec.ts';
import type { ServiceName } from '../../../../supervisor/core/names.ts';
import {
  ApplicationChannel,
  type Author,
} from '../../../../supervisor/plane/application/application-channel.ts';
import { ApplicationWatch } from '../../../../supervisor/plane/application/application-watch.ts';
import { createBoundedLookup } from '../../../../supervisor/plane/logs/shipping/bounded-lookup.ts';
import { Authority, type Issued } from '../../../support/authority.ts';
import { SettingsApplication } from '../../../support/settings-application.ts';

export const KEY = 'k3y/that+must=never-be/seen+9Qz==';
export const VALUES: Readonly<Record<string, SettingValue>> = {
  'rate_limit.requests_per_second': 0,
  'feature.beta': false,
  'pool.size': 4,
  'greeting.text': 'hello there',
};

/** Certificates cost half a second: one authority for all tests of a file. */
export class Pki implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-application-'));
  authority!: Authority;
  server!: Issued;

  static async make(): Promise<Pki> {
    const pki = new Pki();
    pki.authority = await Authority.create(pki.directory, 'ca');
    pki.server = await pki.issue();
    return pki;
  }

  async issue(names = 'DNS:localhost,IP:127.0.0.1', until?: Date): Promise<Issued> {
    const dates = until === undefined ? {} : { from: new Date(until.getTime() - 3_600_000), until };
    return await this.authority.issue({ subject: '/CN=app', purpose: 'serverAuth', names, ...dates });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export type Noted = { readonly event: ApplicationEvent; readonly author: Author };

export class ChannelRig implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'bosun-channel-'));
  readonly notes: Noted[] = [];
  readonly closing = new AbortController();
  readonly channel: ApplicationChannel;
  readonly watch: ApplicationWatch;
  attempts: 'one' | 'many' = 'many';
  spec: ApplicationSpec | undefined;
  /** Attempts that have begun: the name of the host is looked up for each. */
  attempted = 0;
  #nextCommand = 0;

  static async start(pki: Pki, more: Partial<ApplicationSpec> = {}): Promise<ChannelRig> {
    return new ChannelRig(pki, await SettingsApplication.start(pki.server.pem, KEY, VALUES), more);
  }

  readonly application: SettingsApplication;

  private constructor(pki: Pki, application: SettingsApplication, more: Partial<ApplicationSpec>) {
    this.application = application;
    const keyFile = join(this.directory, 'key');
    writeFileSync(keyFile, `${KEY}\n`);
    this.spec = {
      url: application.url(),
      socketPath: '',
      keyFile,
      authorityFile: pki.authority.certificate,
      serverName: '',
      timeoutMs: 1000,
      retryMs: 6000,
      ...more,
    };
    const lookup = createBoundedLookup();
    const parts: Pick<
      ConstructorParameters<typeof ApplicationChannel>[0],
      'service' | 'spec' | 'lookup' | 'signal'
    > = {
      service: 'backend' as ServiceName,
      spec: () => this.spec,
      lookup: (host, options, callback) => {
        this.attempted += 1;
        lookup(host, options, callback);
      },
      signal: this.closing.signal,
    };
    this.channel = new ApplicationChannel({
      ...parts,
      attempts: () => this.attempts,
      note: (event, author) => {
        this.notes.push({ event, author });
        return Promise.resolve(this.notes.length);
      },
    });
    this.watch = new ApplicationWatch(parts);
  }

  async read(): ReturnType<ApplicationChannel['read']> {
    return await this.channel.read(new AbortController().signal);
  }

  async set(
    values: Readonly<Record<string, SettingValue>>,
    command?: string,
  ): ReturnType<ApplicationChannel['change']> {
    this.#nextCommand += 1;
    return await this.channel.change(values, {
      actor: 'uid:0',
      command: command ?? `command-${this.#nextCommand}`,
    });
  }

  /** The failure that it is. */
  async refusal(asked: Promise<object>): Promise<{ code: string; reason: string; effect: string }> {
    const answer = await asked;
    if ('kind' in answer && answer.kind === 'failed') return answer as never;
    throw new Error(`it did not fail: ${JSON.stringify(answer)}`);
  }

  writeKey(text: string): void {
    writeFileSync(join(this.directory, 'key'), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closing.abort();
    await this.application[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

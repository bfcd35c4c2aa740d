// The settings of the applications inside of services that say `application` in their files.
import type { ApplicationChangedView, ApplicationView, SettingValue } from '../wire/application-view.ts';
import type { ApiCaller, Cancel, WriteOptions } from './api-caller.ts';
import { streamApplication, type ApplicationNews } from './application-stream.ts';

/** Every method throws BosunUnreachable or BosunProblem; with `signal`, also its reason. */
export class ApplicationClient {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** All settings; what looks like a secret is masked. */
  async settings(service: string, cancel: Cancel = {}): Promise<ApplicationView> {
    return (await this.#api.get(pathOf(service), cancel)) as ApplicationView;
  }

  /** All of them or none. The answer comes when the application has taken them. */
  async change(
    service: string,
    values: Readonly<Record<string, SettingValue>>,
    options: Omit<WriteOptions, 'waitMs'> = {},
  ): Promise<ApplicationChangedView> {
    return (await this.#api.patch(pathOf(service), { values }, options)) as ApplicationChangedView;
  }

  /**
   * All settings, then each change, whoever made it. It goes on while the application is away, which it tells, and over a restart of the
   * control plane; it ends with Bosun, or when the service takes no settings any more.
   */
  watch(service: string, cancel: Cancel = {}): AsyncGenerator<ApplicationNews, void, undefined> {
    return streamApplication(this.#api, pathOf(service), cancel.signal);
  }
}

function pathOf(service: string): string {
  return `/v1/services/${encodeURIComponent(service)}/application`;
}

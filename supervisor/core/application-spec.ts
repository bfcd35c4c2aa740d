// How Bosun talks to the program inside of a service about its settings: the application channel. Data only; plane/application speaks it.

export type ApplicationSpec = {
  /** Without a user; http only where nobody is in between, unless the configuration says so. */
  readonly url: string;
  /** Of a Unix socket that is connected to in place of the URL's host; '' for none. */
  readonly socketPath: string;
  /** An absolute path: its content goes along as X-API-Key. Read each time it is used, so that it may be replaced. */
  readonly keyFile: string;
  /** A PEM file, or '' for the authorities that Node knows. */
  readonly authorityFile: string;
  /** The name that the certificate must have; '' for the URL's host. */
  readonly serverName: string;
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** All attempts of one request together. */
  readonly retryMs: number;
};

/** What a setting may be. */
export type SettingValue = string | number | boolean | null;

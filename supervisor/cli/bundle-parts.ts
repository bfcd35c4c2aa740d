// What is in a support bundle: each part a file in it, got by itself, so that one that cannot be had takes no other with it. Bounded in size.
// Masks nothing: bundle-secrets.ts does that to all of it.
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BosunClient } from '../client/bosun-client.ts';
import type { VersionView } from '../wire/fleet-view.ts';
import type { ServiceView } from '../wire/service-view.ts';
import { readNames } from './proc-stat.ts';
import { readProcessTree, showProcess } from './process-tree.ts';

export type BundlePart = { readonly name: string; readonly text: string };
/** A part that could not be had. */
export type MissingPart = { readonly name: string; readonly reason: string };
export type BundleWish = {
  readonly client: BosunClient;
  readonly version: VersionView;
  /** Of each service, the newest. */
  readonly lines: number;
  /** Whether the files and processes of Bosun are to be seen from here. */
  readonly place: 'inside' | 'elsewhere';
};

const EVENTS = 2000;
const LARGEST_FILE_BYTES = 1_048_576;
const OF_BOSUN = ['limits', 'status', 'cgroup'];
/** What the kernel tells of the container, and of the machine around it. */
const SYSTEM_FILES = [
  '/proc/version',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/mounts',
  '/proc/self/cgroup',
  '/proc/sys/kernel/pid_max',
  '/sys/fs/cgroup/memory.max',
  '/sys/fs/cgroup/memory.current',
  '/sys/fs/cgroup/memory.events',
  '/sys/fs/cgroup/pids.max',
  '/sys/fs/cgroup/pids.current',
  '/sys/fs/cgroup/cpu.max',
  '/sys/fs/cgroup/cpu.stat',
  '/etc/os-release',
];

type Source = readonly [name: string, get: () => Promise<string>];

/** In the order in which somebody would read them. */
export async function* collectParts(
  wish: BundleWish,
): AsyncGenerator<BundlePart | MissingPart, void, undefined> {
  for (const [name, get] of await sourcesOf(wish)) {
    try {
      yield { name, text: await get() };
    } catch (error) {
      yield { name, reason: reasonOf(error) };
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'errno' in error && 'code' in error ? String(error.code) : error.message;
}

async function sourcesOf(wish: BundleWish): Promise<readonly Source[]> {
  const { client, version, lines, place } = wish;
  const view = await client.services();
  const { services } = view;
  return [
    ['version.json', () => toJson(version)],
    ['services.json', () => toJson(view)],
    ['health.json', () => toJson(client.health())],
    ['events.ndjson', () => newestEvents(client, view.last_event_id)],
    ['plan.json', () => toJson(client.plan())],
    ['jobs.json', () => toJson(client.jobs.list())],
    ['log-sinks.json', () => toJson(client.logSinks())],
    ...services.map(({ name }): Source => [`logs/${name}.ndjson`, () => logsOf(client, name, lines)]),
    ...(place === 'inside' ? await insideSources(version, services) : []),
  ];
}

async function insideSources(
  { pid, configuration_directory: directory }: VersionView,
  services: readonly ServiceView[],
): Promise<readonly Source[]> {
  const leaders = services.flatMap((service) => (service.pid === null ? [] : [service as WithPid]));
  const files = (await readNames(directory)).filter((name) => name.endsWith('.yaml')).toSorted();
  return [
    ['configuration/bosun.yaml', () => readStart(join(dirname(directory), 'bosun.yaml'))],
    ...files.map((name): Source => [
      `configuration/services.d/${name}`,
      () => readStart(join(directory, name)),
    ]),
    ...OF_BOSUN.map((name): Source => [`bosun/${name}`, () => readStart(`/proc/${pid}/${name}`)]),
    ['bosun/processes.json', () => processesOf(pid)],
    ...leaders.map((service): Source => [`processes/${service.name}.json`, () => processesOf(service.pid)]),
    ...SYSTEM_FILES.map((path): Source => [`system${path}`, () => readStart(path)]),
  ];
}

type WithPid = ServiceView & { readonly pid: number };

async function toJson(value: unknown): Promise<string> {
  return `${JSON.stringify(await value, undefined, 2)}\n`;
}

async function processesOf(leader: number): Promise<string> {
  return toJson((await readProcessTree(leader)).map(showProcess));
}

async function newestEvents(client: BosunClient, lastId: number): Promise<string> {
  const lines: string[] = [];
  for (let after = Math.max(0, lastId - EVENTS); after < lastId;) {
    const { events, next_after: next } = await client.events({ after });
    lines.push(...events.map((event) => `${JSON.stringify(event)}\n`));
    if (next <= after) break;
    after = next;
  }
  return lines.join('');
}

async function logsOf(client: BosunClient, service: string, lines: number): Promise<string> {
  const texts: string[] = [];
  for await (const line of client.logs(service, lines)) texts.push(`${JSON.stringify(line)}\n`);
  return texts.join('');
}

/** Its beginning, where it is larger than anybody would read. Files of the kernel have no size, but an end. */
async function readStart(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false, end: LARGEST_FILE_BYTES - 1 })) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    const cut = bytes === LARGEST_FILE_BYTES ? '\n[cut here]\n' : '';
    return `${Buffer.concat(chunks).toString()}${cut}`;
  } finally {
    await handle.close();
  }
}

// Log files where the disk does not do what it should: full, read-only, gone, back again. The services are not held up by it, what is not
// in the files was counted, it is told once that it began and once that it is over, and files hold whole lines only.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import { call } from '../plane/support/http.ts';
import { Container } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { NumberedLines, type Seen, type Written } from '../support/numbered-lines.ts';
import {
  BOSUN_WITH_DEATHS,
  letThemWrite,
  writer,
  WriterBeside,
  writtenBy,
} from '../support/torture-fleet.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can mount' };
const LINES = 40_000;
/** Longer than Bosun waits before it tries again. */
const BESIDE_MS = 4500;
/** Beside what a service without files, and a process that has nothing to do with Bosun, are held up on the same machine. */
const STALL_MS = 100;

/** Seen in here alone, and gone with the last who sees them. */
const MOUNTS = [
  'mkdir full hidden locked removed',
  'mount -t tmpfs -o size=3m tmpfs full',
  'head -c 1500000 /dev/zero > full/filler',
  'mount -t tmpfs -o size=64m tmpfs hidden',
  'mount -t tmpfs -o size=64m,ro tmpfs locked',
  'mount -t tmpfs -o size=64m tmpfs removed',
  'exec "$@"',
].join('; ');

/** w5 is like the others, without files. */
const DISKS = { w0: 'full', w1: 'hidden', w2: 'locked', w3: 'removed', w4: 'removed' } as const;
const NAMES = [...(Object.keys(DISKS) as (keyof typeof DISKS)[]), 'w5'] as const;

function services(): Record<string, string> {
  return Object.fromEntries(
    NAMES.map((name) => {
      const path = name === 'w5' ? undefined : `"$TEST_DIR/${DISKS[name]}/${name}"`;
      const file = path === undefined ? 'false' : `{ path: ${path}, format: raw, max_size: 0 }`;
      const logs = `logs: { stdout: false, file: ${file} }\n`;
      return [name, writer(name, { how: 'line', forMs: 600_000, lines: LINES }, logs)];
    }),
  );
}

type InFile = { readonly lines: number; readonly seen: Readonly<Record<string, Seen>> };

class Disks {
  readonly #container: Container;
  readonly #pid: number;
  readonly #client: BosunClient;

  constructor(container: Container, pid: number) {
    this.#container = container;
    this.#pid = pid;
    this.#client = new BosunClient(container.socket);
  }

  /** As Bosun sees it. */
  path(...names: readonly string[]): string {
    return join(`/proc/${this.#pid}/root`, this.#container.directory, ...names);
  }

  current(name: keyof typeof DISKS): string {
    return this.path(DISKS[name], name, 'current.log');
  }

  mount(...args: readonly string[]): void {
    this.#run('mount', args);
  }

  unmount(name: string): void {
    this.#run('umount', [join(this.#container.directory, name)]);
  }

  /** What was told of the files of one service. */
  async told(name: string): Promise<readonly EventView[]> {
    const { events } = await this.#client.events({ types: ['log-store-failed', 'log-store-recovered'] });
    return events.filter(({ details }) => details['name'] === name);
  }

  async until(name: string, type: string, errno?: string): Promise<void> {
    await until(
      `${type} ${errno ?? ''} of ${name}`,
      async () =>
        (await this.told(name)).some(
          (event) => event.type === type && (errno === undefined || event.details['errno'] === errno),
        ),
      30_000,
    );
  }

  #run(command: string, args: readonly string[]): void {
    execFileSync('nsenter', ['--mount', `--target=${this.#pid}`, command, ...args]);
  }
}

/** What is in the file when `remove` has removed it. */
function removedFile(path: string, remove: () => void): Readonly<Record<string, Seen>> {
  const fd = openSync(path, 'r');
  try {
    remove();
    const lines = new NumberedLines('gaps');
    lines.take(readFileSync(fd), () => undefined);
    return lines.seen;
  } finally {
    closeSync(fd);
  }
}

/** Once the last line is there. */
async function inFile(path: string, name: string, { o, e }: Written): Promise<InFile> {
  return until(`the last lines of ${name}`, () => {
    const lines = new NumberedLines('gaps');
    lines.take(readFileSync(path), (line) => {
      assert.fail(`not a whole line in the file of ${name}: ${line.slice(0, 200)}`);
    });
    const { [`${name} o`]: out, [`${name} e`]: errors } = lines.seen;
    if (out?.last !== o || errors?.last !== e) return undefined;
    lines.end();
    return { lines: out.lines + errors.lines, seen: lines.seen };
  });
}

test('full, read-only, hidden, removed: services go on, losses are counted and told', asRoot, async (t) => {
  await using container = new Container({
    place: 'below',
    services: services(),
    program: BOSUN_WITH_DEATHS,
    inside: ['unshare', '--mount', 'sh', '-c', MOUNTS, 'sh'],
  });
  const disks = new Disks(container, await container.pid());
  await using beside = new WriterBeside(container, 'w6', { how: 'line', forMs: BESIDE_MS, lines: LINES });
  await letThemWrite(container);
  await until('all files', () =>
    (['w0', 'w1', 'w3', 'w4'] as const).every((name) => existsSync(disks.current(name))),
  );
  disks.mount('-t', 'tmpfs', '-o', 'ro', 'tmpfs', join(container.directory, 'hidden'));
  const removed = {
    ...removedFile(disks.current('w3'), () => {
      rmSync(disks.path('removed', 'w3'), { recursive: true });
    }),
    ...removedFile(disks.current('w4'), () => {
      rmSync(disks.current('w4'));
    }),
  };
  await Promise.all([
    disks.until('w0', 'log-store-failed', 'ENOSPC'),
    disks.until('w1', 'log-store-failed', 'EROFS'),
    disks.until('w2', 'log-store-failed', 'EROFS'),
    disks.until('w3', 'log-store-recovered'),
    disks.until('w4', 'log-store-recovered'),
  ]);
  await until(
    'slow writers',
    () => NAMES.every((name) => container.read(`${name}.paced`) !== undefined),
    30_000,
  );
  // Bosun has tried again meanwhile, and has not told it again.
  const stranger = await beside.written();
  rmSync(disks.path('full', 'filler'));
  disks.unmount('hidden');
  disks.mount('-o', 'remount,rw', join(container.directory, 'locked'));
  await Promise.all((['w0', 'w1', 'w2'] as const).map((name) => disks.until(name, 'log-store-recovered')));
  const body = JSON.stringify({ verb: 'signal', services: NAMES, signal: 'SIGUSR1' });
  assert.equal((await call(container.socket, '/v1/commands', { method: 'POST', body })).status, 202);
  const control = await writtenBy(container, 'w5', 30_000);
  t.diagnostic(
    `longest write of the service without files: ${control.longestMs.toFixed(1)} ms; of a process beside Bosun that writes to cat: ` +
      `${stranger.longestMs.toFixed(1)} ms`,
  );
  for (const name of NAMES.filter((each) => each !== 'w5')) {
    const written = await writtenBy(container, name, 30_000);
    const found = await inFile(disks.current(name), name, written);
    const events = await disks.told(name);
    const counted = events.reduce((sum, { details }) => sum + Number(details['dropped_lines'] ?? 0), 0);
    const missing = written.o + written.e - found.lines;
    t.diagnostic(
      `${name} (${DISKS[name]}): ${written.o + written.e} lines, ${missing} not in the file, ${counted} counted as lost, longest write ` +
        `${written.longestMs.toFixed(1)} ms; ${events.map(({ type, details }) => `${type} ${JSON.stringify(details['errno'] ?? '')}`).join(', ')}`,
    );
    if (name === 'w3' || name === 'w4') {
      assert.equal(counted, 0);
      // Whoever removed the file has removed what was in it. All lines that came after that are in the next one.
      for (const [stream, { lines, first, last }] of Object.entries(found.seen)) {
        const had = removed[stream]?.last ?? 0;
        t.diagnostic(
          `${stream}: ${had} lines were in the file that was removed, the next one begins with ${first}`,
        );
        assert.ok(
          first <= had + 1,
          `${stream} ${first} is the first one, ${had} the last one of the removed file`,
        );
        assert.equal(lines, last - first + 1, stream);
      }
    } else assert.ok(counted === missing && missing > 0, `${name}: ${missing} missing, ${counted} counted`);
    assert.ok(
      written.longestMs < STALL_MS + 2 * Math.max(control.longestMs, stranger.longestMs),
      `${name}: ${written.longestMs} ms`,
    );
    const errnos = events
      .filter(({ type }) => type === 'log-store-failed')
      .map(({ details }) => details['errno']);
    assert.equal(new Set(errnos).size, errnos.length, `told twice: ${errnos.join(' ')}`);
    assert.equal(events.filter(({ type }) => type === 'log-store-recovered').length, 1);
  }
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0, container.stderr.text);
});

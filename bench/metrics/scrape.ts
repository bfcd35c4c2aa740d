// What a scrape costs: with 10, 100 and 1,000 services of three processes each, the time that it takes, how long the engine's loop is held up by it,
// and how long others wait for an answer of the API meanwhile. Run: node26 bench/metrics/scrape.ts [services...]
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { BOSUN_WITH_LOOP_DELAY, loopDelay } from '../../test/support/loop-delay.ts';
import { Container } from '../../test/support/container.ts';
import { until } from '../../test/support/deadline.ts';

const SCRAPES = 20;
const THREE_PROCESSES = `command: [/bin/sh, -c, "sleep 100000 & sleep 100000 & wait"]\n`;
const START_MS = 120_000;

type Answer = { readonly ms: number; readonly bytes: number; readonly text: string };

function get(socketPath: string, path: string): Promise<Answer> {
  const beganAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, agent: false }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(pieces).toString();
        resolve({ ms: performance.now() - beganAtMs, bytes: text.length, text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** Asks all the while whether Bosun answers. */
async function whileAsking(socket: string, work: () => Promise<void>): Promise<readonly number[]> {
  const waits: number[] = [];
  const done = new AbortController();
  const asking = (async () => {
    while (!done.signal.aborted) waits.push((await get(socket, '/healthz')).ms);
  })();
  await work();
  done.abort();
  await asking;
  return waits;
}

async function measure(services: number): Promise<void> {
  const files = Array.from({ length: services }, (_, index) => [`s${index}`, THREE_PROCESSES] as const);
  await using container = new Container({
    place: 'below',
    program: BOSUN_WITH_LOOP_DELAY,
    options: ['--log-format', 'raw'],
    services: Object.fromEntries(files),
  });
  const { socket } = container;
  const all = new RegExp(`^bosun_service_processes\\{[^}]*\\} 3$`, 'gm');
  await until(
    'all of its processes',
    async () => {
      const { text } = await get(socket, '/metrics').catch(() => ({ text: '' }));
      return text.match(all)?.length === services;
    },
    START_MS,
  );
  const quiet = await whileAsking(socket, async () => {
    for (let n = 0; n < SCRAPES; n++) await get(socket, '/v1/version');
  });
  await loopDelay(container);
  const answers: Answer[] = [];
  const waits = await whileAsking(socket, async () => {
    for (let n = 0; n < SCRAPES; n++) answers.push(await get(socket, '/metrics'));
  });
  const delay = await loopDelay(container);
  const alone: Answer[] = [];
  for (let n = 0; n < SCRAPES; n++) alone.push(await get(socket, '/metrics'));
  const cpu = alone.map(({ text }) => Number(/^process_cpu_seconds_total (.*)$/m.exec(text)?.[1]) * 1000);
  const cpuMs = ((cpu.at(-1) ?? NaN) - (cpu[0] ?? NaN)) / (SCRAPES - 1);
  const looking = alone.map(
    ({ text }) => Number(/^bosun_scrape_process_seconds (.*)$/m.exec(text)?.[1]) * 1000,
  );
  const show = (value: number): string => value.toFixed(1).padStart(8);
  console.log(
    [
      String(services).padStart(8),
      show(median(alone.map(({ ms }) => ms))),
      show(Math.min(...alone.map(({ ms }) => ms))),
      show(cpuMs),
      show(median(looking)),
      show((answers[0]?.bytes ?? 0) / 1024),
      show(delay.p99Ms),
      show(delay.maxMs),
      show(median(quiet)),
      show(median(waits)),
      show(Math.max(...waits)),
    ].join(''),
  );
}

const counts = process.argv.slice(2).map(Number);
console.log(
  `${readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length} other processes on this machine`,
);
console.log(
  'services  scrape   least     CPU   /proc     KiB   engine  engine  /healthz, ms   while scraping',
);
console.log('          ms median  ms     ms      ms            p99 ms  max ms  quiet   median    most');
for (const services of counts.length === 0 ? [10, 100, 1000] : counts) await measure(services);

// A command attached to whoever runs it, with a real Bosun: both ways byte for byte, each side as fast as the other, a terminal, and
// what follows when one of the two is gone.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { BosunUnreachable } from '../../supervisor/client/failure.ts';
import type { JobSession } from '../../supervisor/client/job-session.ts';
import type { JobEndView } from '../../supervisor/wire/job-view.ts';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until, within } from '../support/deadline.ts';

const WEB = 'command: [sleep, "100000"]\nenvironment: { IN_SERVICE: "yes" }\nworking_dir: /tmp\n';

let container: Container;
let client: BosunClient;

before(async () => {
  container = new Container({
    place: 'below',
    services: { web: WEB },
    options: ['--log-format', 'raw'],
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  await reaches(container, 'web', 'running');
  client = new BosunClient(container.socket);
});
after(async () => {
  await container[Symbol.asyncDispose]();
});

async function attach(
  command: readonly string[],
  input: 'stream' | 'terminal' = 'stream',
): Promise<JobSession> {
  return await client.jobs.attach({ service: 'web', command, input, columns: 91, rows: 31 });
}

function shell(script: string): readonly string[] {
  return ['sh', '-c', script];
}

type Output = { stdout: string; stderr: string; end: JobEndView | undefined };

/** Reads until its end, or until `enough`. */
async function read(session: JobSession, enough?: (output: Output) => boolean): Promise<Output> {
  const output: Output = { stdout: '', stderr: '', end: undefined };
  for await (const piece of session.output()) {
    if (piece.kind === 'bytes') output[piece.stream] += piece.bytes.toString('latin1');
    if (piece.kind === 'end') output.end = piece.end;
    if (enough?.(output) === true) break;
  }
  return output;
}

/** Of the job's main process: proc(5), /proc/PID/io. */
async function writtenBytes(job: number): Promise<number> {
  const { pid } = await client.jobs.get(job);
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** The count does not grow any more. */
async function stalls(what: string, count: () => number | Promise<number>): Promise<number> {
  let last = -1;
  return await until(what, async () => {
    const next = await count();
    const isSame = next === last && next > 0;
    last = next;
    await pause(250);
    return isSame && next;
  });
}

function memoryMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

test('its streams are the ones of whoever runs it, in the context of the service, and its code comes back', async () => {
  const session = await attach(shell('cat; echo "$IN_SERVICE $PWD" >&2; exit 7'));
  await session.input(Buffer.from('typed\n'));
  session.endInput();
  const { stdout, stderr, end } = await read(session);
  assert.equal(stdout, 'typed\n');
  assert.equal(stderr, 'yes /tmp\n');
  assert.deepEqual([end?.status, end?.exit_code], ['exited: 7', 7]);
  const view = await client.jobs.get(session.job);
  assert.deepEqual([view.service, view.input, view.output.kept], ['web', 'stream', 'attached']);
});

test('bytes go through as they are, both ways at once', async () => {
  const bytes = randomBytes(5_000_000);
  const session = await attach(['cat']);
  const typing = session.input(bytes).then(() => {
    session.endInput();
  });
  const hash = createHash('sha256');
  for await (const piece of session.output()) if (piece.kind === 'bytes') hash.update(piece.bytes);
  await typing;
  assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
});

test('a job waits for a reader that does not read, and Bosun holds nothing of it', async () => {
  const pid = await container.pid();
  const beforeMb = memoryMb(pid);
  const session = await attach(['head', '-c', '60000000', '/dev/zero']);
  const written = await stalls('the job to be held up', () => writtenBytes(session.job));
  assert.ok(written < 20_000_000, `${written} bytes are on their way`);
  assert.ok(memoryMb(pid) - beforeMb < 40, `${memoryMb(pid) - beforeMb} MB more`);
  const { stdout, end } = await read(session);
  assert.equal(stdout.length, 60_000_000);
  assert.equal(end?.status, 'exited: 0');
});

test('what is typed waits for a job that does not read', async () => {
  const go = join(container.directory, 'go');
  const session = await attach(shell(`while [ ! -e ${go} ]; do sleep 0.05; done; wc -c`));
  let sent = 0;
  const typing = (async () => {
    for (; sent < 40_000_000; sent += 100_000) await session.input(Buffer.alloc(100_000));
    session.endInput();
  })();
  const held = await stalls('what is typed to be held up', () => sent);
  assert.ok(held < 20_000_000, `${held} bytes were taken`);
  writeFileSync(go, '');
  assert.equal((await read(session)).stdout.trim(), '40000000');
  await typing;
});

test('a terminal: its size, another size, Ctrl-C, and the type of both streams', async () => {
  const script =
    'trap "stty size" WINCH; trap "echo caught; exit 9" INT; tty; stty size; echo err >&2; while :; do sleep 0.05; done';
  const session = await attach(['bash', '-c', script], 'terminal');
  let resized = false;
  let interrupted = false;
  const { stdout, stderr, end } = await read(session, (output) => {
    if (!resized && output.stdout.includes('err')) {
      session.resize(120, 40);
      resized = true;
    }
    if (!interrupted && output.stdout.includes('40 120')) {
      void session.input(Buffer.from([3]));
      interrupted = true;
    }
    return false;
  });
  assert.match(stdout, /^\/dev\/pts\/\d+\r\n31 91\r\nerr\r\n40 120\r\n(\^C)?caught\r\n$/);
  assert.equal(stderr, '');
  assert.equal(end?.exit_code, 9);
});

test('a terminal ends its input, and one that is not read holds up nobody', async () => {
  const reading = await attach(['cat'], 'terminal');
  await reading.input(Buffer.from('line\n'));
  reading.endInput();
  assert.match((await read(reading)).stdout, /^line\r\nline\r\n$/);
  const deaf = await attach(shell('stty raw; echo ready; sleep 1000'), 'terminal');
  let sent = 0;
  const typing = (async () => {
    for (; sent < 2_000_000; sent += 1000) await deaf.input(Buffer.alloc(1000, 'x'));
  })();
  await stalls('what is typed to be held up', () => sent);
  const askedMs = performance.now();
  await client.health();
  assert.ok(performance.now() - askedMs < 2000, 'the control plane answers meanwhile');
  deaf.hangUp();
  await typing;
  await until('the end of the job', async () => (await client.jobs.get(deaf.job)).end !== null);
});

test('a signal for the job; one that kills it is in its code', async () => {
  const session = await attach(shell('echo ready; exec sleep 1000'));
  const output = read(session, ({ stdout, end }) => {
    if (stdout === 'ready\n' && end === undefined) session.sendSignal('SIGUSR2');
    return false;
  });
  assert.deepEqual([(await output).end?.status, (await output).end?.signal], ['exited: 140', 'SIGUSR2']);
});

test('when the connection is gone the job is hung up, its whole group', async () => {
  const file = join(container.directory, 'hung-up');
  const session = await attach(
    shell(`trap "echo hup > ${file}; exit 1" HUP; echo ready; while :; do sleep 0.05; done`),
  );
  await read(session, ({ stdout }) => stdout === 'ready\n');
  const view = await until('the end of the job', async () => {
    const now = await client.jobs.get(session.job);
    return now.end !== null && now;
  });
  assert.match(
    view.end?.text ?? '',
    /^stopped because nobody was there for it any more; exited with code 1$/,
  );
  assert.equal(container.read('hung-up'), 'hup\n');
});

test('a process that has left the group of its job does not hold up its end', async () => {
  const file = join(container.directory, 'stray');
  const stray = `setsid sh -c 'echo $$ > ${file}; echo $$; exec sleep 1000'`;
  const session = await attach(shell(`${stray} & while [ ! -s ${file} ]; do sleep 0.01; done`));
  const { stdout, end } = await within('the end', read(session));
  assert.equal(end?.status, 'exited: 0');
  process.kill(Number(stdout), 'SIGKILL');
});

test('a control plane that is replaced: the connection is lost, and the job is hung up', async () => {
  const session = await attach(shell('echo ready; exec sleep 1000'));
  const lost = assert.rejects(
    read(session, ({ end }) => end !== undefined),
    BosunUnreachable,
  );
  await container.signal('SIGUSR2');
  await lost;
  const view = await until('the end of the job', async () => {
    const now = await client.jobs.get(session.job).catch(() => undefined);
    return now?.end !== null && now;
  });
  assert.equal(view.end?.text, 'stopped because nobody was there for it any more; killed by SIGHUP');
});

test('without an upgrade there is no attached job', async () => {
  const bodies: readonly (readonly [string, object])[] = [
    ['/v1/services/web/exec', { command: ['true'] }],
    ['/v1/jobs', { command: ['true'], input: 'stream' }],
  ];
  for (const [path, body] of bodies) {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const headers = { 'content-type': 'application/json' };
    const asked = request({ socketPath: container.socket, path, method: 'POST', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
    assert.equal(await promise, 426, path);
  }
});

test('an upgrade goes through the same checks as every request', async () => {
  await assert.rejects(
    client.jobs.attach({ service: 'ghost', command: ['true'], input: 'stream' }),
    /no service "ghost"/,
  );
  await assert.rejects(
    client.jobs.attach({ command: ['/nonesuch'], input: 'stream' }),
    /could not be started.*ENOENT/s,
  );
  await assert.rejects(
    client.jobs.attach({ command: [], input: 'stream' }),
    ({ problem }: { problem: { code: string } }) => problem.code === 'bad-request',
  );
});

test(
  'a role that may only look is refused an upgrade as anything else, and the refusal is an event',
  process.getuid?.() === 0 ? {} : { skip: 'only root can ask as another user' },
  async () => {
    await using ruled = new Container({
      place: 'below',
      services: { web: WEB },
      fleet: 'access: { users: { 65534: observe } }\n',
      environment: {},
    });
    await reaches(ruled, 'web', 'running');
    const { execFile } = await import('node:child_process');
    const ctl = ['bin/bosunctl', '--socket', ruled.socket];
    const asNobody = (...words: readonly string[]): Promise<{ code: number; stderr: string }> =>
      new Promise((resolve) => {
        const command = ['--reuid', '65534', '--regid', '65534', '--clear-groups', ...ctl, ...words];
        execFile('setpriv', command, { timeout: 10_000 }, (error, _stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
        });
      });
    assert.equal((await asNobody('status')).code, 0);
    assert.equal((await asNobody('exec', 'web', '--', 'true')).code, 5);
    assert.equal((await asNobody('job', 'start', 'true')).code, 5);
    assert.equal((await asNobody('job', 'list')).code, 0);
    const { events } = await new BosunClient(ruled.socket).events({ types: ['access-refused'] });
    assert.deepEqual(
      events.map(({ details }) => details['action']),
      ['POST /v1/services/web/exec', 'POST /v1/jobs'],
    );
  },
);

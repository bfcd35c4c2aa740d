// What /proc says of Bosun's process and of the others around it, for `bosunctl doctor`: proc(5). Only looks.
import { access, constants, readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { failed, good, unknown, warning, type Finding } from './doctor-finding.ts';
import { readAllStats, readText, type ProcessStat } from './proc-stat.ts';

/** Promise P1: no zombie outlives this; so one that is there twice in this distance is one too many. */
const ZOMBIE_MS = 200;
const FEW_DESCRIPTORS = 1024;
const MOSTLY = 0.8;

export async function examineProcesses(pid: number): Promise<readonly Finding[]> {
  return [
    examinePlace(pid),
    await examineZombies(pid),
    ...(await examineLimits(pid)),
    await examineGroups(pid),
  ];
}

/** Whether this pid is Bosun's here as well: in its own PID namespace, as it sees itself. */
export async function seesBosun(pid: number): Promise<boolean> {
  const line = await readText(`/proc/${pid}/cmdline`);
  if (line === undefined || !/bosun|supervisor\/main/.test(line)) return false;
  const [own, its] = await Promise.all([link('/proc/self/ns/pid'), link(`/proc/${pid}/ns/pid`)]);
  // Another user may not look at it: ptrace(2). Then its name has to do.
  return its === undefined || own === its;
}

function examinePlace(pid: number): Finding {
  if (pid === 1) return good('PID 1', 'Bosun is PID 1');
  return warning(
    'PID 1',
    `Bosun is not PID 1 but ${pid}: it reaps what descends from it, and nobody else's orphans`,
    'Make it the entry point: ENTRYPOINT ["bosun", "run"] as a list, without a shell or another init before it.',
  );
}

async function examineZombies(pid: number): Promise<Finding> {
  const before = await zombies();
  if (before.length === 0) return good('zombies', 'there are none');
  await delay(ZOMBIE_MS);
  const seen = new Set(before.map((zombie) => zombie.pid));
  const left = (await zombies()).filter((zombie) => seen.has(zombie.pid));
  const [first] = left;
  if (first === undefined) return good('zombies', 'there are none');
  const names = left
    .slice(0, 3)
    .map((zombie) => `${zombie.name} (pid ${zombie.pid})`)
    .join(', ');
  const found = `${left.length}: ${names}`;
  if (left.some(({ parent }) => parent === pid))
    return failed(
      'zombies',
      `${found}; Bosun does not reap them`,
      'This is a bug in Bosun. Please report it.',
    );
  const parent = ((await readText(`/proc/${first.parent}/comm`)) ?? 'it').trim();
  return warning(
    'zombies',
    `${found}; their parent ${parent} (pid ${first.parent}) lives and does not wait for them`,
    `Correct or restart ${parent}: only a parent can reap its children.`,
  );
}

async function zombies(): Promise<readonly ProcessStat[]> {
  return (await readAllStats()).filter(({ state }) => state === 'Z');
}

async function examineLimits(pid: number): Promise<readonly Finding[]> {
  const limits = (await readText(`/proc/${pid}/limits`)) ?? '';
  const [, soft = ''] = /^Max open files +(\S+)/m.exec(limits) ?? [];
  return [await examineDescriptors(pid, soft), await examinePids(pid)];
}

async function examineDescriptors(pid: number, soft: string): Promise<Finding> {
  const check = 'descriptors';
  const limit = soft === 'unlimited' ? Infinity : Number(soft);
  if (soft === '' || Number.isNaN(limit)) return unknown(check, `/proc/${pid}/limits cannot be read`);
  const remedy =
    'Raise it: `docker run --ulimit nofile=65536`, or LimitNOFILE= of the unit that runs the container.';
  const open = await count(`/proc/${pid}/fd`);
  if (open !== undefined && open > limit * MOSTLY)
    return failed(check, `Bosun has ${open} of ${soft} open`, remedy);
  const used = open === undefined ? '' : `, ${open} of them in use`;
  if (limit < FEW_DESCRIPTORS)
    return warning(check, `Bosun and its services may open only ${soft}${used}`, remedy);
  return good(check, `${soft} may be open${used}`);
}

async function examinePids(pid: number): Promise<Finding> {
  const directory = await groupDirectory(pid);
  const [most, current] = await Promise.all([
    readText(`${directory}/pids.max`),
    readText(`${directory}/pids.current`),
  ]);
  if (most === undefined || current === undefined || most.trim() === 'max')
    return good('processes', 'the control group sets no limit');
  const [limit, used] = [Number(most), Number(current)];
  const found = `${used} of ${limit} that the control group allows`;
  if (used <= limit * MOSTLY) return good('processes', found);
  return failed(
    'processes',
    found,
    'Raise it (`docker run --pids-limit`), or find who forks so much: `bosunctl top`.',
  );
}

async function examineGroups(pid: number): Promise<Finding> {
  const check = 'control groups';
  const controllers = await readText('/sys/fs/cgroup/cgroup.controllers');
  const remedy = 'Services run all the same, but `limits.memory`, `cpus` and `pids` have no effect.';
  if (controllers === undefined) return warning(check, 'there is no cgroup v2 at /sys/fs/cgroup', remedy);
  const missing = ['memory', 'cpu', 'pids'].filter((name) => !controllers.split(/\s+/).includes(name));
  if (missing.length > 0)
    return warning(check, `the controllers ${missing.join(', ')} are not available`, remedy);
  const directory = await groupDirectory(pid);
  try {
    await access(`${directory}/cgroup.procs`, constants.W_OK);
    return good(check, 'cgroup v2 with memory, cpu and pids, and it can be written');
  } catch {
    const how = 'Mount it writable (`docker run --cgroupns=private` with a runtime that delegates it). ';
    return warning(check, `${directory} cannot be written`, how + remedy);
  }
}

/** cgroups(7); where the namespace's root is mounted at the usual place. */
async function groupDirectory(pid: number): Promise<string> {
  const path = /^0::(\/.*)$/m.exec((await readText(`/proc/${pid}/cgroup`)) ?? '')?.[1] ?? '/';
  return `/sys/fs/cgroup${path === '/' ? '' : path}`;
}

async function link(path: string): Promise<string | undefined> {
  return await readlink(path).catch(() => undefined);
}

async function count(path: string): Promise<number | undefined> {
  return (await readdir(path).catch(() => undefined))?.length;
}

// What `bosunctl doctor` finds in the file system: the control socket and who may open it, what an earlier Bosun has left, room on
// the disk, and the tools by which services are started with other privileges.
import { access, constants, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { PACKAGE_OF, TOOL_DIRECTORIES, type ExecutionTool } from '../core/execution-tools.ts';
import { candidates } from '../wire/socket-path.ts';
import { failed, good, unknown, warning, type Finding } from './doctor-finding.ts';
import type { Terminal } from './terminal.ts';

const LITTLE_ROOM_BYTES = 64 * 1024 * 1024;
const LITTLE_SHARE = 0.05;
const MEBIBYTE = 1024 * 1024;

export async function examineSocket(path: string): Promise<Finding> {
  const check = 'socket';
  try {
    const [socket, directory] = await Promise.all([stat(path), stat(dirname(path))]);
    const mode = (socket.mode & 0o777).toString(8).padStart(4, '0');
    // Whoever may write to the directory can put another socket in its place, unless the sticky bit says no.
    if ((directory.mode & 0o002) !== 0 && (directory.mode & 0o1000) === 0)
      return failed(
        check,
        `everybody may write to ${dirname(path)}`,
        `chmod o-w ${dirname(path)}, or name another place with --socket.`,
      );
    // With rules under `access:` it is open to all, and Bosun asks the kernel who connects (SO_PEERCRED).
    const open =
      (socket.mode & 0o002) === 0
        ? ''
        : ': everybody may connect, and `access:` of bosun.yaml says who may what';
    return good(check, `${path}, mode ${mode}, of uid ${socket.uid}, gid ${socket.gid}${open}`);
  } catch (error) {
    return unknown(check, `${path} cannot be looked at (${codeOf(error)})`);
  }
}

export async function examineRunDirectory(socketPath: string): Promise<Finding> {
  if (await may('/run', constants.W_OK)) return good('/run', 'can be written');
  return warning(
    '/run',
    `cannot be written${socketPath.startsWith('/run/') ? '' : `, so the socket is at ${socketPath}`}`,
    'Mount a tmpfs there: `docker run --tmpfs /run`. Or name the place with BOSUN_SOCKET for Bosun and for bosunctl.',
  );
}

/** Sockets at the usual places on which nobody listens, and one that was not put in its place. */
export async function examineStaleFiles(socketPath: string, terminal: Terminal): Promise<Finding> {
  const places = candidates({ ...terminal.environment, BOSUN_SOCKET: '' }, terminal.uid);
  const others = [...new Set([...places, `${socketPath}.new`])].filter((path) => path !== socketPath);
  const stale: string[] = [];
  for (const path of others) if ((await exists(path)) && !(await isAnswered(path))) stale.push(path);
  if (stale.length === 0) return good('stale files', 'none');
  const found = `nobody listens at ${stale.join(', ')}`;
  return warning('stale files', found, `Remove them, so that nobody asks there: rm ${stale.join(' ')}`);
}

async function isAnswered(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => {
      settle(true);
    });
    // What may not be opened is somebody else's, and none of our business.
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOTSOCK');
    });
  });
}

export async function examineDisk(directory: string): Promise<Finding> {
  const check = 'disk';
  try {
    const { bavail, blocks, bsize, ffree, files } = await statfs(directory);
    const free = bavail * bsize;
    const found = `${Math.floor(free / MEBIBYTE)} MiB free for ${directory}`;
    const remedy =
      'Make room, or give Bosun another place with --state-dir. Without room its events are kept in memory only.';
    if (files > 0 && ffree === 0)
      return failed(check, `no file can be made in ${directory}: no inodes are left`, remedy);
    if (free === 0) return failed(check, found, remedy);
    if (free < LITTLE_ROOM_BYTES || free < blocks * bsize * LITTLE_SHARE)
      return warning(check, found, remedy);
    return good(check, found);
  } catch (error) {
    return warning(
      check,
      `the state directory ${directory} cannot be looked at (${codeOf(error)})`,
      'Without one, what happened and what the operator decided do not outlive this run; name one with --state-dir.',
    );
  }
}

const ASKED_FOR_BY: Readonly<Record<ExecutionTool, string>> = {
  sh: '`umask:`, `oom_score_adj:` and control groups',
  prlimit: '`limits:`',
  ionice: '`io_priority:`',
  taskset: '`cpu_affinity:`',
  nice: '`nice:`',
  setpriv: '`user:`, `capabilities:` and `no_new_privileges:`',
  env: 'the environment of a service that one of the others starts',
};

/** Where the launcher looks for them, too. */
export async function examineTools(): Promise<Finding> {
  const tools = Object.keys(PACKAGE_OF) as ExecutionTool[];
  const present = await Promise.all(tools.map(isThere));
  const missing = tools.filter((_tool, index) => present[index] === false);
  if (missing.length === 0) return good('tools', `${tools.join(', ')} are there`);
  const uses = missing.map((tool) => `${tool} (for ${ASKED_FOR_BY[tool]})`).join(', ');
  const packages = [...new Set(missing.map((tool) => PACKAGE_OF[tool]))].join(' ');
  return warning(
    'tools',
    `missing: ${uses}`,
    `If a service asks for that, install ${packages} in the image.`,
  );
}

async function isThere(tool: string): Promise<boolean> {
  for (const directory of TOOL_DIRECTORIES)
    if (await may(`${directory}/${tool}`, constants.X_OK)) return true;
  return false;
}

async function exists(path: string): Promise<boolean> {
  return await may(path, constants.F_OK);
}

async function may(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

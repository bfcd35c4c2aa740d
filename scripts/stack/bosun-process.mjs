// Runs Bosun over the stack and passes signals to it. As root it is PID 1 of a new PID namespace, else an ordinary process
// and a subreaper. Either way it ends with this process, whatever becomes of this one.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

import { findExecutable } from '../setup/find-executable.mjs';

const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

/** npm repeats a Ctrl-C that the terminal has sent to the whole group already; Bosun takes a second one as "hurry". */
const REPEATED_SIGNAL_MS = 400;
const SIGNAL_POLL_MS = 20;
const BOOT_DEADLINE_MS = 5_000;

/** Whether this process may make a PID namespace: root, and not in a container without CAP_SYS_ADMIN. */
export function canBePid1() {
  if (process.getuid() !== 0) return false;
  const [program, ...args] = NAMESPACE;
  return spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}

/**
 * Starts `bin/bosun run ARGS`. Resolves to its exit code, 128+n when it was killed by a signal. SIGINT, SIGTERM and SIGHUP of
 * this process go to Bosun once each.
 */
export function runBosun({ bosun, args, env, pid1, socket }) {
  const [program, ...rest] = commandLine(bosun, args, pid1);
  // A session of its own: a terminal's Ctrl-C reaches this process alone, which passes it on.
  const child = spawn(program, rest, { env, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  const bosunPid = () => (pid1 ? firstChild(child.pid) : child.pid);
  const send = createSender(bosunPid, () => child.exitCode === null && child.signalCode === null, socket);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => send(signal));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`cannot run ${program}: ${error.message}`)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });
}

function commandLine(bosun, args, pid1) {
  const command = [bosun, 'run', ...args];
  // PR_SET_PDEATHSIG, prctl(2): when this process dies unasked, so does the namespace; without one Bosun is asked to stop.
  const tie =
    findExecutable('setpriv') === undefined ? [] : ['setpriv', '--pdeathsig', pid1 ? 'KILL' : 'TERM'];
  return [...tie, ...(pid1 ? NAMESPACE : []), ...command];
}

function createSender(bosunPid, isAlive, socket) {
  const lastMs = new Map();
  return (signal) => {
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(signal) ?? -Infinity) < REPEATED_SIGNAL_MS) return;
    lastMs.set(signal, nowMs);
    sendWhenUp(signal, nowMs);
  };

  // The kernel drops a signal for a PID 1 that has no handler for it yet: pid_namespaces(7). Bosun's socket tells.
  function sendWhenUp(signal, sinceMs) {
    if (!isAlive()) return;
    const booting = !existsSync(socket) && performance.now() - sinceMs < BOOT_DEADLINE_MS;
    const pid = booting ? undefined : bosunPid();
    if (pid === undefined) setTimeout(sendWhenUp, SIGNAL_POLL_MS, signal, sinceMs);
    else kill(pid, signal);
  }
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** `unshare` stays outside of the namespace and passes no signal on: its child is PID 1 of it. */
function firstChild(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  } catch {
    return undefined;
  }
}

function signalNumber(signal) {
  return os.constants.signals[signal] ?? 0;
}

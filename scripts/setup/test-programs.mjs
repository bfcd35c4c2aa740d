// Programs that only the tests need: systemd-notify, the reference client of sd_notify(3), rsyslogd, a syslog receiver, Prometheus with
// promtool, and strace. A program that the machine has already is used as it is.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { installAptPackages } from './apt-install.mjs';
import { unpackAptPackages } from './apt-package.mjs';
import { cached, cachePath, isCached } from './cache.mjs';
import { findExecutable } from './find-executable.mjs';
import { Unavailable } from './unavailable.mjs';

const SUITE = 'bookworm';
const CACHE_NAME = `systemd-notify-debian-${SUITE}`;
/** The program, systemd's own library, and what that one is linked with. */
const PACKAGES = [
  'systemd',
  'libsystemd-shared',
  ...[
    'libacl1',
    'libaudit1',
    'libblkid1',
    'libcap-ng0',
    'libcap2',
    'libcrypt1',
    'libgcrypt20',
    'libgpg-error0',
  ],
  ...[
    'libip4tc2',
    'libkmod2',
    'liblz4-1',
    'liblzma5',
    'libmount1',
    'libpam0g',
    'libpcre2-8-0',
    'libseccomp2',
  ],
  ...['libselinux1', 'libssl3', 'libzstd1'],
];

const RSYSLOG_CACHE_NAME = `rsyslog-debian-${SUITE}`;
/** The same. */
const RSYSLOG_PACKAGES = [
  'rsyslog',
  ...['libcap2', 'libestr0', 'libfastjson4', 'libgcrypt20', 'libgpg-error0', 'liblz4-1', 'liblzma5'],
  ...['libsystemd0', 'libuuid1', 'libzstd1', 'zlib1g'],
];

const PROMETHEUS_CACHE_NAME = `prometheus-debian-${SUITE}`;

/** In the shape of STACK_PROGRAMS. */
export const TEST_PROGRAMS = [
  { executable: 'systemd-notify', title: 'systemd-notify', lane: 'apt', find: findSystemdNotify, setUp },
  { executable: 'rsyslogd', title: 'rsyslog', lane: 'apt', find: findRsyslog, setUp: unpackRsyslog },
  {
    executable: 'prometheus',
    title: 'Prometheus',
    lane: 'apt',
    find: findPrometheus,
    setUp: unpackPrometheus,
  },
  { executable: 'strace', title: 'strace', lane: 'apt', find: findStrace, setUp: installStrace },
];

/** It sees what no other program can: which files a start reads, and what the processes of a service are doing. */
function findStrace() {
  const own = findExecutable('strace');
  return own === undefined ? undefined : path.dirname(own);
}

function installStrace(tell) {
  return installAptPackages(['strace'], tell);
}

function findSystemdNotify() {
  const own = findExecutable('systemd-notify');
  if (own !== undefined) return path.dirname(own);
  return isCached(CACHE_NAME) ? path.join(cachePath(CACHE_NAME), 'start') : undefined;
}

/** Installed when this is root: the tests call it as another user too, who may not enter root's cache. */
async function setUp(tell) {
  const problems = [];
  for (const way of [(said) => installAptPackages(['systemd'], said), unpack]) {
    try {
      return await way(tell);
    } catch (error) {
      problems.push(error.message);
    }
  }
  throw new Unavailable(problems.join('; '));
}

async function unpack(tell) {
  await cached(
    CACHE_NAME,
    async (directory) => {
      await unpackAptPackages({ suite: SUITE, names: PACKAGES }, directory, tell);
      await writeStarter(directory, 'bin/systemd-notify');
    },
    tell,
  );
}

function findRsyslog() {
  const own = findExecutable('rsyslogd');
  if (own !== undefined) return path.dirname(own);
  return isCached(RSYSLOG_CACHE_NAME) ? path.join(cachePath(RSYSLOG_CACHE_NAME), 'start') : undefined;
}

/** Not installed: the package would start it for the machine. */
async function unpackRsyslog(tell) {
  await cached(
    RSYSLOG_CACHE_NAME,
    async (directory) => {
      await unpackAptPackages({ suite: SUITE, names: RSYSLOG_PACKAGES }, directory, tell);
      await writeStarter(directory, 'usr/sbin/rsyslogd');
    },
    tell,
  );
}

function findPrometheus() {
  const own = findExecutable('promtool');
  if (own !== undefined) return path.dirname(own);
  return isCached(PROMETHEUS_CACHE_NAME) ? path.join(cachePath(PROMETHEUS_CACHE_NAME), 'usr/bin') : undefined;
}

/** The same. Both programs need nothing but the C library. */
async function unpackPrometheus(tell) {
  await cached(
    PROMETHEUS_CACHE_NAME,
    async (directory) => {
      await unpackAptPackages({ suite: SUITE, names: ['prometheus'] }, directory, tell);
    },
    tell,
  );
}

/** Programs look for their libraries, and rsyslogd for its modules, in the machine's own directories only. */
async function writeStarter(directory, program) {
  const names = await readdir(path.join(directory, 'usr/lib'));
  const platform = names.find((name) => name.endsWith('-linux-gnu'));
  const libraries = [`usr/lib/${platform}/systemd`, `usr/lib/${platform}`, `lib/${platform}`];
  const search = libraries.map((library) => `$here/${library}`).join(':');
  const lines = [
    '#!/bin/sh',
    'here="${0%/*}/.."',
    `export LD_LIBRARY_PATH="${search}"`,
    `export RSYSLOG_MODDIR="$here/usr/lib/${platform}/rsyslog/"`,
    `exec "$here/${program}" "$@"`,
  ];
  await mkdir(path.join(directory, 'start'));
  const file = path.join(directory, 'start', path.basename(program));
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o755 });
}

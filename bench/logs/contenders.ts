// Who is measured by throughput.ts: how each is started so that it logs what the writer writes, and where that can be seen. All of them write to
// one directory on a tmpfs, and rotate at 16 MB where they can.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export type Contender = {
  readonly name: string;
  /** Told beside its figures. */
  readonly remark: string;
  /** The program that has to be there. */
  readonly needs: string;
  /** Bytes on the disk for a line of 100 bytes. */
  readonly bytesPerLine: number;
  /** Writes its configuration; the command to start. It runs `writer`, which reads from the FIFO at `gate`. */
  readonly prepare: (setting: Setting) => readonly string[];
};

export type Setting = {
  readonly directory: string;
  readonly out: string;
  /** A shell command. */
  readonly writer: string;
};

const ROOT = resolve(import.meta.dirname, '../..');
const ROTATE_BYTES = 16_000_000;
const KEEP = 100;

function bosun(logs: string, format: string) {
  return ({ directory, out, writer }: Setting): readonly string[] => {
    const services = join(directory, 'services.d');
    mkdirSync(services);
    const quoted = JSON.stringify(['sh', '-c', `exec ${writer}`]);
    writeFileSync(join(services, 'w.yaml'), `command: ${quoted}\nlogs: ${logs.replaceAll('OUT', out)}\n`);
    const socket = join(directory, 'bosun.sock');
    const run = `${ROOT}/bin/bosun run -c ${services} --socket ${socket} --log-format ${format}`;
    return ['sh', '-c', `exec ${run} >${out}/stdout 2>${directory}/errors`];
  };
}

const FILE = `{ path: OUT, max_size: ${ROTATE_BYTES}B, keep: ${KEEP}, compress: none`;

const pipeTo =
  (logger: (out: string) => string) =>
  ({ out, writer }: Setting): readonly string[] => ['sh', '-c', `${writer} | exec ${logger(out)}`];

export const CONTENDERS: readonly Contender[] = [
  {
    name: 'bosun, raw to stdout',
    remark: 'stdout is a file',
    needs: 'node',
    bytesPerLine: 100,
    prepare: bosun('{}', 'raw'),
  },
  {
    name: 'bosun, prefix',
    remark: 'stdout',
    needs: 'node',
    bytesPerLine: 108,
    prepare: bosun('{}', 'prefix'),
  },
  { name: 'bosun, json', remark: 'stdout', needs: 'node', bytesPerLine: 180, prepare: bosun('{}', 'json') },
  {
    name: 'bosun, raw files',
    remark: 'rotating',
    needs: 'node',
    bytesPerLine: 100,
    prepare: bosun(`{ stdout: false, file: ${FILE}, format: raw } }`, 'raw'),
  },
  {
    name: 'bosun, files with stamps',
    remark: 'rotating, RFC 3339 and stream',
    needs: 'node',
    bytesPerLine: 132,
    prepare: bosun(`{ stdout: false, file: ${FILE} } }`, 'raw'),
  },
  {
    name: 'bosun, json and files',
    remark: 'both',
    needs: 'node',
    bytesPerLine: 312,
    prepare: bosun(`{ file: ${FILE} } }`, 'json'),
  },
  {
    name: 's6-log',
    remark: 'rotating',
    needs: 's6-log',
    bytesPerLine: 100,
    prepare: pipeTo((out) => `s6-log n${KEEP} s${ROTATE_BYTES} ${out}`),
  },
  {
    name: 's6-log T',
    remark: 'rotating, ISO 8601 stamps',
    needs: 's6-log',
    bytesPerLine: 131,
    prepare: pipeTo((out) => `s6-log T n${KEEP} s${ROTATE_BYTES} ${out}`),
  },
  {
    name: 'svlogd -b 65536',
    remark: 'rotating',
    needs: 'svlogd',
    bytesPerLine: 100,
    prepare: ({ directory, out, writer }) => {
      writeFileSync(join(out, 'config'), `s${ROTATE_BYTES}\nn${KEEP}\n`);
      return pipeTo(() => `svlogd -b 65536 ${out}`)({ directory, out, writer });
    },
  },
  {
    name: 'supervisord',
    remark: 'rotating',
    needs: 'supervisord',
    bytesPerLine: 100,
    prepare: ({ directory, out, writer }) => {
      const config = join(directory, 'supervisord.conf');
      writeFileSync(
        config,
        `[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${directory}/pid\n` +
          `[program:w]\ncommand=sh -c "exec ${writer}"\nstartsecs=0\nautorestart=false\nstdout_logfile=${out}/w.log\n` +
          `stdout_logfile_maxbytes=${ROTATE_BYTES}\nstdout_logfile_backups=${KEEP}\n`,
      );
      return ['sh', '-c', `exec supervisord -n -c ${config} >/dev/null 2>&1`];
    },
  },
  {
    name: 'pm2-runtime',
    remark: 'one file',
    needs: 'pm2-runtime',
    bytesPerLine: 100,
    prepare: ({ directory, out, writer }) => {
      const config = join(directory, 'pm2.json');
      const app = {
        name: 'w',
        script: '/bin/sh',
        args: ['-c', `exec ${writer}`],
        interpreter: 'none',
        autorestart: false,
        vizion: false,
        pmx: false,
        out_file: join(out, 'w.log'),
        error_file: '/dev/null',
      };
      writeFileSync(config, JSON.stringify({ apps: [app] }));
      return ['sh', '-c', `PM2_HOME=${directory}/pm2 exec pm2-runtime start ${config} >/dev/null 2>&1`];
    },
  },
];

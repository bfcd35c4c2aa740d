// A cgroup v2 hierarchy of plain files in a directory of its own, as Docker gives it to a container that may write there: for
// controllers that the machine of the test does not have in version 2. Of the kernel's rules it has those that Bosun relies on:
// which files there are, no processes beside handed on controllers, and no removal of what is in use.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ControlFiles, controlFiles } from '../../supervisor/os/control-files.ts';

/** Files of each controller with what they hold in a new group, cgroups(7) and the kernel's cgroup-v2.rst. */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  memory: { 'memory.max': 'max', 'memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n' },
  cpu: { 'cpu.max': 'max 100000' },
  pids: { 'pids.max': 'max' },
  io: { 'io.weight': 'default 100' },
};

const MOUNT = '/sys/fs/cgroup';

export class PlainCgroup implements Disposable {
  readonly files: ControlFiles;
  readonly #root = mkdtempSync(join(tmpdir(), 'bosun-cgroup-'));
  #access: 'rw' | 'ro' = 'rw';

  constructor(controllers: readonly string[], pids: readonly number[]) {
    mkdirSync(this.#real(MOUNT), { recursive: true });
    mkdirSync(this.#real('/proc/self'), { recursive: true });
    this.#fill(MOUNT, controllers);
    this.put(`${MOUNT}/cgroup.procs`, pids.map((pid) => `${pid}\n`).join(''));
    this.put('/proc/self/cgroup', '0::/\n');
    this.#mount();
    this.files = {
      read: (path) => controlFiles.read(this.#real(path)),
      write: (path, text) => this.#write(path, text),
      makeDirectory: (path) => this.#make(path),
      removeDirectory: (path) => this.#remove(path),
    };
  }

  makeReadOnly(): void {
    this.#access = 'ro';
    this.#mount();
  }

  /** What the kernel would write. */
  put(path: string, text: string): void {
    writeFileSync(this.#real(path), text);
  }

  text(path: string): string {
    return readFileSync(this.#real(path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(this.#real(path));
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true });
  }

  #real(path: string): string {
    return join(this.#root, path);
  }

  #mount(): void {
    const line = `31 24 0:27 / ${MOUNT} ${this.#access},nosuid,nodev,noexec,relatime - cgroup2 cgroup rw\n`;
    this.put('/proc/self/mountinfo', `24 1 0:22 / / rw,relatime - overlay overlay rw\n${line}`);
  }

  #fill(path: string, controllers: readonly string[]): void {
    const plain = {
      'cgroup.type': 'domain\n',
      'cgroup.procs': '',
      'cgroup.subtree_control': '',
      'cgroup.kill': '',
    };
    const files = { ...plain, 'cgroup.controllers': `${controllers.join(' ')}\n` };
    for (const [name, text] of Object.entries(files)) this.put(join(path, name), text);
    for (const controller of controllers) this.#addController(path, controller);
  }

  #addController(path: string, controller: string): void {
    for (const [name, text] of Object.entries(FILES[controller] ?? {})) this.put(join(path, name), text);
  }

  #make(path: string): ReturnType<ControlFiles['makeDirectory']> {
    const made = controlFiles.makeDirectory(this.#real(path));
    if (made.ok)
      this.#fill(
        path,
        this.text(join(dirname(path), 'cgroup.subtree_control'))
          .split(' ')
          .filter(Boolean),
      );
    return made;
  }

  #remove(path: string): ReturnType<ControlFiles['removeDirectory']> {
    if (!this.has(path)) return { ok: false, errno: 'ENOENT' };
    const hasGroups = readdirSync(this.#real(path), { withFileTypes: true }).some((entry) =>
      entry.isDirectory(),
    );
    if (hasGroups || this.text(join(path, 'cgroup.procs')) !== '') return { ok: false, errno: 'EBUSY' };
    rmSync(this.#real(path), { recursive: true });
    return { ok: true, value: undefined };
  }

  #write(path: string, text: string): ReturnType<ControlFiles['write']> {
    if (path.endsWith('/cgroup.procs')) return this.#move(path, text);
    if (path.endsWith('/cgroup.subtree_control')) return this.#handOn(path, text.slice(1));
    if (!this.has(path)) return { ok: false, errno: 'ENOENT' };
    this.put(path, text);
    return { ok: true, value: undefined };
  }

  #move(path: string, pid: string): ReturnType<ControlFiles['write']> {
    if (!this.has(path)) return { ok: false, errno: 'ENOENT' };
    for (const name of readdirSync(this.#real(MOUNT), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('cgroup.procs'))
        this.put(join(MOUNT, name), this.text(join(MOUNT, name)).replace(new RegExp(`^${pid}\n`, 'm'), ''));
    this.put(path, `${this.text(path)}${pid}\n`);
    return { ok: true, value: undefined };
  }

  #handOn(path: string, controller: string): ReturnType<ControlFiles['write']> {
    const directory = dirname(path);
    if (this.text(join(directory, 'cgroup.procs')) !== '') return { ok: false, errno: 'EBUSY' };
    this.put(path, [...this.text(path).split(' ').filter(Boolean), controller].join(' '));
    for (const entry of readdirSync(this.#real(directory), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const controllers = join(directory, entry.name, 'cgroup.controllers');
      this.put(controllers, `${this.text(controllers).trim()} ${controller}\n`);
      this.#addController(join(directory, entry.name), controller);
    }
    return { ok: true, value: undefined };
  }
}

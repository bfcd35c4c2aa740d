// The users and groups of this container: passwd(5) and group(5). Other sources of nsswitch.conf(5) are not asked: a container has none
// of them when PID 1 starts.
import { readFile } from 'node:fs/promises';

export type UserEntry = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
};

export type GroupEntry = { readonly name: string; readonly gid: number; readonly members: readonly string[] };

export type Accounts = { readonly users: readonly UserEntry[]; readonly groups: readonly GroupEntry[] };

export async function readAccounts(): Promise<Accounts> {
  const [passwd, group] = await Promise.all([readIfThere('/etc/passwd'), readIfThere('/etc/group')]);
  return parseAccounts(passwd, group);
}

/** Without such a file there are no names, and numbers do all the same. */
async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

export function parseAccounts(passwd: string, group: string): Accounts {
  return {
    users: passwd.split('\n').flatMap(parseUserLine),
    groups: group.split('\n').flatMap(parseGroupLine),
  };
}

function parseUserLine(line: string): readonly UserEntry[] {
  const [name = '', , uid = '', gid = '', , home = '', shell = ''] = line.split(':');
  if (name === '' || !isId(uid) || !isId(gid)) return [];
  // What login(1) takes for fields that are empty.
  return [
    { name, uid: Number(uid), gid: Number(gid), home: home === '' ? '/' : home, shell: shell || '/bin/sh' },
  ];
}

function parseGroupLine(line: string): readonly GroupEntry[] {
  const [name = '', , gid = '', members = ''] = line.split(':');
  if (name === '' || !isId(gid)) return [];
  return [{ name, gid: Number(gid), members: members.split(',').filter((member) => member !== '') }];
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

// What dockerd changes in the network of the machine and leaves behind when it ends: its chains and rules, its bridges,
// the policy of FORWARD and ip_forward. They are put back as they were.
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward';
const RULE_SETS = [
  ['iptables-save', 'iptables-restore'],
  ['ip6tables-save', 'ip6tables-restore'],
];
/** Bridges of user-defined networks are called br- and twelve hexadecimal digits. */
const BRIDGE = /^(docker0|br-[0-9a-f]{12})$/;
const OF_DOCKER = /DOCKER|docker0|br-[0-9a-f]{12}/;

/** Keeps what is there now in `file`, unless an engine that ended badly has left one: then that is what was. */
export function rememberNetwork(file) {
  if (existsSync(file)) return;
  const state = { ipForward: readFileSync(IP_FORWARD, 'utf8').trim(), forwardPolicy: forwardPolicy() };
  writeFileSync(file, JSON.stringify(state));
}

/** Does nothing when nothing was remembered. */
export function restoreNetwork(file) {
  if (!existsSync(file)) return;
  const { ipForward, forwardPolicy: policy } = JSON.parse(readFileSync(file, 'utf8'));
  for (const [save, restore] of RULE_SETS) dropRules(save, restore);
  if (policy !== undefined) spawnSync('iptables', ['-P', 'FORWARD', policy], { stdio: 'ignore' });
  for (const name of readdirSync('/sys/class/net').filter((name) => BRIDGE.test(name))) {
    spawnSync('ip', ['link', 'del', name], { stdio: 'ignore' });
  }
  writeFileSync(IP_FORWARD, ipForward);
  rmSync(file);
}

/** `ACCEPT` or `DROP`. */
function forwardPolicy() {
  const { stdout } = spawnSync('iptables', ['-S', 'FORWARD'], { encoding: 'utf8' });
  return /^-P FORWARD (\w+)/m.exec(stdout ?? '')?.[1];
}

function dropRules(save, restore) {
  const { stdout, status } = spawnSync(save, { encoding: 'utf8' });
  if (status !== 0 || !OF_DOCKER.test(stdout)) return;
  const input = stdout
    .split('\n')
    .filter((line) => !OF_DOCKER.test(line))
    .join('\n');
  spawnSync(restore, { input, stdio: ['pipe', 'ignore', 'ignore'] });
}

// The exit code of the container is that of what mattered in it; 125, 126 and 127 mean what they mean to Docker.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BosunContainer } from './support/bosun-container.ts';
import { withEngine } from './support/docker.ts';
import { IDLE } from './support/services.ts';

const main = (script: string): string => `command: [sh, -c, '${script}']\nmain: true\n`;
const missing = `command: [/no/such/program]\nessential: true\nrestart: { delay: 1ms, max_delay: 1ms, burst: { count: 2 } }\n`;

/** What runs, and the code that the container ends with. */
const CASES: readonly {
  readonly what: string;
  readonly services?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly code: number;
}[] = [
  { what: "the main service's code", services: { main: main('exit 7'), idle: IDLE }, code: 7 },
  { what: 'the code of a command', args: ['--', 'sh', '-c', 'exit 3'], code: 3 },
  { what: '0 of a command', args: ['--', 'true'], code: 0 },
  { what: '128+n of a main service', services: { main: main('kill -KILL $$$$') }, code: 137 },
  { what: '128+n of a command', args: ['--', 'sh', '-c', 'kill -SEGV $$'], code: 139 },
  { what: '125: the configuration is bad', services: { bad: 'comand: [sleep]\n' }, code: 125 },
  { what: '125: an option is unknown', args: ['--no-such-option'], code: 125 },
  { what: '126: the command is not executable', args: ['--', '/etc/passwd'], code: 126 },
  { what: '127: there is no such command', args: ['--', '/no/such/program'], code: 127 },
  { what: "127: an essential service's program is missing", services: { missing }, code: 127 },
];

describe('the exit code of a container', { ...withEngine, concurrency: 2 }, () => {
  for (const { what, code, ...options } of CASES)
    it(`is ${what}`, async () => {
      await using container = await BosunContainer.start(options);
      assert.equal(await container.ended(), code, container.log.text);
    });
});

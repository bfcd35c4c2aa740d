// `graph`: each format is what its readers take, whatever the services are called, and every edge carries its condition.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { drawDot, drawMermaid, escapeMermaid, quoteDot } from '../../supervisor/cli/graph-languages.ts';
import { layOut } from '../../supervisor/cli/graph-layout.ts';
import type { GraphEdge, ServiceGraph } from '../../supervisor/cli/graph-model.ts';
import { drawGraph } from '../../supervisor/cli/graph-svg.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { comesUp, failsWith, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { needs } from '../support/specs.ts';
import { bosunctl, type Ran } from './support/bosunctl.ts';
import { isWellFormed } from './support/well-formed.ts';

const LONG = 'a-service-with-a-name-of-sixty-three-characters-which-is-the-mo';

function need(
  text: string,
  more: Partial<ServiceSpec['dependsOn'][number]> = {},
): ServiceSpec['dependsOn'][number] {
  return { ...needs(text), ...more };
}

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [
      service('end'),
      service(LONG, { dependsOn: [need('end', { condition: 'service_completed_successfully' })] }),
      service('web', {
        dependsOn: [need(LONG), need('end', { condition: 'service_started', need: 'optional' })],
      }),
      service('subgraph', { dependsOn: [need('web'), need(LONG)] }),
    ],
    history: [...comesUp('end', 1), ...comesUp(LONG, 2), ...failsWith(LONG, 2, 1, 100_000)],
  });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

async function graph(...words: string[]): Promise<Ran> {
  return await bosunctl(['--socket', rig.socketPath, 'graph', ...words]);
}

test('the tree fits 80 columns, with states, conditions, and what is only optional', async () => {
  const { stdout } = await graph();
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines[0], 'subgraph (stopped)');
  assert.match(lines[1] ?? '', /^├─ web \(stopped\)$/);
  assert.match(lines[2] ?? '', /^│ {2}├─ a-service-with-.* \(backoff\)$/);
  assert.equal(lines[3], '│  │  └─ end (running), when completed');
  assert.equal(lines[4], '│  └─ end (running), when started, optional');
  assert.match(lines[5] ?? '', /^└─ a-service.*\.\.\. \(backoff\), see above$/);
  const ascii = await bosunctl(['graph'], { BOSUN_SOCKET: rig.socketPath, LC_ALL: 'POSIX' });
  assert.match(ascii.stdout, /^\| {2}`- end \(running\), when started, optional$/m);
  assert.doesNotMatch(ascii.stdout, /[^\n -~]/);
});

/** https://graphviz.org/doc/info/lang.html, as much of it as we write: every id is a quoted string or a plain word. */
const QUOTED = String.raw`"(?:[^"\\]|\\["\\n])*"`;
const ATTRIBUTES = String.raw`\[\w+=(?:${QUOTED}|\w+)(?:, \w+=(?:${QUOTED}|\w+))*\]`;
const DOT = new RegExp(
  String.raw`^digraph services \{\n(?:  (?:rankdir=LR|node ${ATTRIBUTES}|${QUOTED} ${ATTRIBUTES}|${QUOTED} -> ${QUOTED} ${ATTRIBUTES});\n)+\}\n$`,
);

describe('dot', () => {
  test('is in the grammar, and has each node, edge and condition', async () => {
    const { stdout } = await graph('--format', 'dot');
    assert.match(stdout, DOT);
    assert.match(stdout, /^ {2}"end" \[label="end\\nrunning", color="#2da44e"\];$/m);
    assert.match(stdout, /^ {2}"web" -> "end" \[label="started", style=dashed\];$/m);
    assert.match(stdout, new RegExp(`^ {2}"${LONG}" -> "end" \\[label="completed"\\];$`, 'm'));
  });

  for (const hostile of ['a"b', 'a\\', 'a\\"', 'x" -> "y', ']; evil [', '\\n'])
    test(`a name like ${JSON.stringify(hostile)} stays one string`, () => {
      const nodes = [{ name: hostile, state: 'running' as const }];
      const edges: GraphEdge[] = [
        { from: hostile, to: hostile, condition: 'service_healthy', required: true },
      ];
      assert.match(drawDot({ nodes, edges }), DOT);
      assert.equal(JSON.parse(quoteDot(hostile)), hostile);
    });
});

describe('mermaid', () => {
  test('has ids that are no words of the language, labels, conditions, and a class for each mood', async () => {
    const { stdout } = await graph('--format', 'mermaid');
    const [head, ...lines] = stdout.trimEnd().split('\n');
    assert.equal(head, 'graph LR');
    for (const line of lines)
      assert.match(
        line,
        /^ {2}(?:s\d+\["[\w#;() ./:@-]+"\]:::\w+|s\d+ -\.?->\|\w+\| s\d+|classDef (good|changing|bad|idle) \S+(?: \d)?)$/,
      );
    assert.ok(lines.includes('  s0["end (running)"]:::good'));
    assert.ok(lines.includes('  s2 -.->|started| s0'));
  });

  test('nothing in a name ends its label', () => {
    assert.equal(escapeMermaid('a"]|b'), 'a#34;#93;#124;b');
    const nodes = [{ name: '"]; end', state: 'failed' as const }];
    assert.match(drawMermaid({ nodes, edges: [] }), /s0\["#34;#93;#59; end \(failed\)"\]:::bad\n/);
  });
});

describe('svg', () => {
  test('is well-formed, with every name, state and condition; --output writes it', async () => {
    const { stdout } = await graph('--format', 'svg');
    isWellFormed(stdout);
    for (const text of [LONG, 'end', 'web', 'running', 'backoff', 'healthy', 'started', 'completed'])
      assert.ok(stdout.includes(`>${text}</text>`), text);
    const file = join(rig.directory, 'graph.svg');
    assert.deepEqual(await graph('--format', 'svg', '--output', file), { code: 0, stdout: '', stderr: '' });
    assert.equal(readFileSync(file, 'utf8'), stdout);
    const refused = await graph('--output', '/proc/not-there/graph.txt');
    assert.deepEqual([refused.code, refused.stdout], [2, '']);
    assert.match(refused.stderr, /cannot write \/proc\/not-there\/graph\.txt: ENOENT/);
  });

  test('a name with signs of XML is text', () => {
    const picture = drawGraph({ nodes: [{ name: '<b>&"\u0000', state: 'failed' }], edges: [] });
    isWellFormed(picture);
    assert.ok(picture.includes('&lt;b&gt;&amp;'));
  });

  test('no two nodes stand at one place, every edge goes to the right, also past other layers', () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const edges = names.flatMap((from, index) =>
      [index - 1, index - 7, index - 20]
        .filter((to) => to >= 0 && index % 3 !== 0)
        .map((to): GraphEdge => ({ from, to: `s${to}`, condition: 'service_healthy', required: true })),
    );
    const graphOf40: ServiceGraph = { nodes: names.map((text) => ({ name: text, state: 'running' })), edges };
    const { positions, edges: placed } = layOut(graphOf40);
    const places = names.map((text) => positions.get(text)).map((at) => `${at?.layer} ${at?.slot}`);
    assert.equal(new Set(places).size, names.length);
    assert.equal(placed.length, edges.length);
    for (const { edge, points } of placed) {
      assert.deepEqual(points[0], positions.get(edge.to));
      assert.deepEqual(points.at(-1), positions.get(edge.from));
      assert.deepEqual(
        points.map(({ layer }) => layer),
        points.map((_, index) => (points[0]?.layer ?? 0) + index),
      );
    }
    isWellFormed(drawGraph(graphOf40));
  });
});

for (const [file, says] of [
  ['graph-of-the-stack.svg', 'caddy needs consul-template (service_healthy)'],
  ['boot-of-the-stack.svg', 'on the critical chain'],
] as const)
  test(`docs/explanation/${file} is a picture of the stack`, () => {
    const picture = readFileSync(new URL(`../../docs/explanation/${file}`, import.meta.url), 'utf8');
    isWellFormed(picture);
    for (const text of ['consul', 'caddy', 'nomad', 'sut-backend'])
      assert.ok(picture.includes(`>${text}</text>`), text);
    assert.ok(picture.includes(says));
  });

test('an unknown format is a wrong command line', async () => {
  assert.equal((await graph('--format', 'png')).code, 2);
});

// NAME@.yaml: which services it makes, what their files see, how others depend on them, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { brief, diagnosticsOf, load, type Files } from './loading.ts';

async function servicesOf(files: Files, environment = {}): Promise<ReadonlyMap<string, ServiceSpec>> {
  const result = await load(files, environment);
  assert.ok(result.kind === 'loaded', JSON.stringify(result, null, 2));
  assert.deepEqual(result.warnings, []);
  return new Map(result.spec.services.map((service) => [service.name, service]));
}

test('a list of names makes a service for each, with its name and its place in every value', async () => {
  const services = await servicesOf({
    'services.d/web@.yaml': [
      'description: web in ${INSTANCE}',
      'command: [serve, "--port=80${INSTANCE_INDEX}0", "${INSTANCE:?no name}"]',
      'instances: [eu, us]',
      'environment: { REGION: "${INSTANCE}" }',
      'readiness: { tcp: { port: "80${INSTANCE_INDEX}0" } }',
      'env_file: web.env',
    ].join('\n'),
    'services.d/web.env': 'OF_FILE=${INSTANCE}',
  });
  assert.deepEqual([...services.keys()], ['web-eu', 'web-us']);
  const us = services.get('web-us');
  assert.equal(us?.description, 'web in us');
  assert.deepEqual(us.command, ['serve', '--port=8010', 'us']);
  assert.deepEqual(us.environment, { REGION: 'us', OF_FILE: 'us', BOSUN_SERVICE: 'web-us' });
  assert.ok(us.readiness.kind === 'probe' && us.readiness.probe.action.kind === 'tcp');
  assert.equal(us.readiness.probe.action.port, 8010);
  assert.deepEqual(services.get('web-eu')?.command, ['serve', '--port=8000', 'eu']);
});

test('a number makes as many, counted from 1; it can come from a variable', async () => {
  const yaml = 'command: [a, "${INSTANCE}", "${INSTANCE_INDEX}"]\ninstances: ${WORKERS:-2}';
  const services = await servicesOf({ 'services.d/w@.yml': yaml });
  assert.deepEqual(
    [...services.values()].map(({ name, command }) => [name, ...(command ?? [])]),
    [
      ['w-1', 'a', '1', '0'],
      ['w-2', 'a', '2', '1'],
    ],
  );
  assert.equal((await servicesOf({ 'services.d/w@.yml': yaml }, { WORKERS: '3' })).size, 3);
});

test('names that YAML takes for numbers are names', async () => {
  const services = await servicesOf({ 'services.d/w@.yaml': 'command: [a]\ninstances: [8080, 1_0, 007]' });
  assert.deepEqual([...services.keys()], ['w-007', 'w-1_0', 'w-8080']);
});

test("only a template has an INSTANCE of its own; elsewhere it is a variable of Bosun's", async () => {
  const services = await servicesOf(
    {
      'services.d/a.yaml': 'command: [a, $INSTANCE]',
      'services.d/w@.yaml': 'command: [b, $INSTANCE]\ninstances: 1',
    },
    { INSTANCE: 'outer' },
  );
  assert.deepEqual(services.get('a')?.command, ['a', 'outer']);
  assert.deepEqual(services.get('w-1')?.command, ['b', '1']);
});

test('NAME@ in depends_on is every instance, with its condition; one of them has its own name', async () => {
  const services = await servicesOf({
    'services.d/web@.yaml': 'command: [a]\ninstances: [x, y]\ndepends_on: ["db-${INSTANCE}"]',
    'services.d/db@.yaml': 'command: [a]\ninstances: [x, y]',
    'services.d/proxy.yaml':
      'command: [a]\ndepends_on: { web@: { condition: service_started, restart: true } }',
  });
  const dependenciesOf = (name: string): unknown =>
    services.get(name)?.dependsOn.map((dependency) => Object.values(dependency).join(' '));
  assert.deepEqual(dependenciesOf('web-x'), ['db-x service_healthy required keep']);
  assert.deepEqual(dependenciesOf('proxy'), [
    'web-x service_started required follow',
    'web-y service_started required follow',
  ]);
});

test('a template that need not be there is as optional as a service', async () => {
  const services = await servicesOf({
    'services.d/proxy.yaml': 'command: [a]\ndepends_on: { web@: { required: false } }',
  });
  assert.equal(services.size, 1);
});

const a = 'command: [a]\n';
const refused: readonly (readonly [
  rule: string,
  files: Files,
  expected: readonly string[],
  remedy: RegExp,
])[] = [
  [
    'a template without instances',
    { 'services.d/web@.yaml': a },
    ['services.d/web@.yaml:1:1 "instances" is missing, and without it a template makes no service'],
    /such as instances: 3 or instances: \[a, b\]; or name the file without the @/,
  ],
  [
    'instances without a template',
    { 'services.d/web.yaml': `${a}instances: 2` },
    ['services.d/web.yaml:2:1 only a template has instances'],
    /name the file NAME@\.yaml/,
  ],
  [
    'bad names of instances, once for the file',
    { 'services.d/web@.yaml': `${a}instances: [ok, Bad, "", -x]` },
    [
      'services.d/web@.yaml:2:17 "Bad" is not the name of an instance',
      'services.d/web@.yaml:2:22 "" is not the name of an instance',
      'services.d/web@.yaml:2:26 "-x" is not the name of an instance',
    ],
    /lower-case letters/,
  ],
  [
    'a name twice',
    { 'services.d/web@.yaml': `${a}instances: [x, y, x]` },
    ['services.d/web@.yaml:2:19 "x" is here twice'],
    /Remove one/,
  ],
  [
    'no instance, and too many',
    {
      'services.d/a@.yaml': `${a}instances: 0`,
      'services.d/b@.yaml': `${a}instances: []`,
      'services.d/c@.yaml': `${a}instances: 1001`,
      'services.d/d@.yaml': `${a}instances: x`,
    },
    [
      'services.d/a@.yaml:2:12 must be at least 1',
      'services.d/b@.yaml:2:12 must be at least 1 in the list',
      'services.d/c@.yaml:2:12 must be at most 1000',
      'services.d/d@.yaml:2:12 must be a number or a list, not "x"',
    ],
    /Example: instances: 3/,
  ],
  [
    'an instance with the name of another service',
    { 'services.d/web@.yaml': `${a}instances: [x]`, 'services.d/web-x.yaml': a },
    ['services.d/web@.yaml:2:1 the service "web-x" is described by web-x.yaml already'],
    /another name for the instance/,
  ],
  [
    'instances of two templates with one name',
    { 'services.d/a@.yaml': `${a}instances: [b-c]`, 'services.d/a-b@.yaml': `${a}instances: [c]` },
    ['services.d/a@.yaml:2:1 the service "a-b-c" is described by a-b@.yaml already'],
    /another name for the instance/,
  ],
  [
    'an instance whose name is too long',
    { [`services.d/${'w'.repeat(60)}@.yaml`]: `${a}instances: [abc]` },
    [`services.d/${'w'.repeat(60)}@.yaml:2:1 "${'w'.repeat(60)}-abc" is longer than 63 characters`],
    /shorter/,
  ],
  [
    'a template that no service can be named after',
    { 'services.d/Web@.yaml': `${a}instances: 1` },
    ['services.d/Web@.yaml:1:1 has a name that no service can have'],
    /a template is NAME@\.yaml/,
  ],
  [
    'instances that wait for each other',
    { 'services.d/web@.yaml': `${a}instances: 2\ndepends_on: [web@]` },
    ['services.d/web@.yaml:3:14 the instances of a template cannot wait for each other'],
    /Remove it/,
  ],
  [
    'a template that is not there',
    { 'services.d/web.yaml': `${a}depends_on: [db@]`, 'services.d/db.yaml': a },
    ['services.d/web.yaml:2:14 no template is called "db@"'],
    /Add db@\.yaml, or write db/,
  ],
  [
    'a template that is named like a service',
    { 'services.d/web.yaml': `${a}depends_on: [work]`, 'services.d/work@.yaml': `${a}instances: 1` },
    ['services.d/web.yaml:2:14 no service is called "work"'],
    /Did you mean "work@"/,
  ],
  [
    'an error in a template, once, and what else is wrong in it although its instances are',
    {
      'services.d/web@.yaml': `${a}instances: [x, y]\nfoo: 1`,
      'services.d/db@.yaml': `${a}instances: -1\nbar: "$INSTANCE"`,
    },
    [
      'services.d/db@.yaml:2:12 must be at least 1',
      'services.d/db@.yaml:3:1 unknown key "bar"',
      'services.d/web@.yaml:3:1 unknown key "foo"',
    ],
    /Example/,
  ],
  [
    'a template that is no YAML, but not what depends on it',
    { 'services.d/web@.yaml': 'command: [a', 'services.d/proxy.yaml': `${a}depends_on: [web@]` },
    [
      'services.d/web@.yaml:1:12 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    /./,
  ],
];

for (const [rule, files, expected, remedy] of refused)
  test(`refused: ${rule}`, async () => {
    const diagnostics = await diagnosticsOf(files);
    assert.deepEqual(brief(diagnostics), expected);
    assert.match(diagnostics[0]?.remedy ?? '', remedy);
  });

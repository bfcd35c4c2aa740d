// `logs`: what is refused and what is warned of, each with its place, its words and its remedy.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnostic } from '../../supervisor/config/diagnostic.ts';
import type { SystemFacts } from '../../supervisor/config/system-facts.ts';
import { capableMachine } from './capable-machine.ts';
import { load, type Files, type ReadFacts } from './loading.ts';
import { testRefusals } from './refusals.ts';

const PATTERN = 'Put a backslash before a character that is meant as itself; see RegExp with the flag v.';
const HOST_PORT = 'Write host:port, such as logs.internal:514, 10.0.0.7:514 or [fd00::7]:514.';

testRefusals([
  {
    rule: 'a first line that is no pattern',
    yaml: 'logs: { multiline: { first_line: "a(b" } }',
    said: [['2:34 is no regular expression: unterminated group, at character 2: "(b"', PATTERN]],
  },
  {
    rule: 'multiline without a first line',
    yaml: 'logs: { multiline: { timeout: 1s } }',
    said: [['2:9 "first_line" is missing', "Add it. Example: first_line: '^\\d{4}-\\d\\d-\\d\\d'"]],
  },
  {
    rule: 'a record that is complete at once',
    yaml: 'logs: { multiline: { first_line: a, timeout: 0 } }',
    said: [['2:46 must be longer than 0', 'Write a duration such as 1s.']],
  },
  {
    rule: 'a pattern to mask that is none',
    yaml: 'logs:\n  redact_patterns:\n    - ok\n    - "[a"',
    said: [['5:7 is no regular expression: unterminated character class, at character 1: "[a"', PATTERN]],
  },
  {
    rule: 'a pattern to mask that finds nothing everywhere',
    yaml: 'logs: { redact_patterns: ["x*"] }',
    said: [['2:27 matches the empty text, and so at every place', 'Write "+" in place of "*".']],
  },
  {
    rule: 'a value in place of a name, which is not repeated',
    yaml: 'logs: { redact: [API_KEY=s3cret] }',
    said: [['2:18 is not the name of a variable', 'Write the name alone, such as API_KEY.']],
  },
  {
    rule: 'a relative directory',
    yaml: 'logs: { file: { path: log } }',
    said: [['2:23 "log" is not an absolute path', 'Write the whole path, from "/".']],
  },
  {
    rule: 'a file that is a size',
    yaml: 'logs: { file: 10M }',
    said: [['2:15 must be true or false or a map, not "10M"', 'Example: file: true']],
  },
  {
    rule: 'a file that is rotated with each line',
    yaml: 'logs: { file: { max_size: 100B } }',
    said: [['2:27 is too small', 'Write 1K or more, or 0 for no limit.']],
  },
  {
    rule: 'a total that has no room for one file',
    yaml: 'logs: { file: { total: 5M } }',
    said: [
      ['2:24 total is less than max_size', 'Write a max_size that is less than total; 10M if not said.'],
    ],
  },
  {
    rule: 'a total of files that have no end',
    yaml: 'logs: { file: { total: 5M, max_size: 0 } }',
    said: [
      [
        '2:24 total has no effect without max_size',
        'Write a max_size that is less than total; 10M if not said.',
      ],
    ],
  },
  {
    rule: 'a mode that is none, and one that locks Bosun out',
    yaml: 'logs: { file: { mode: rw } }\nx-b: 1',
    said: [['2:23 "rw" is not the mode of a file', 'Write three octal digits, such as "0640".']],
  },
  {
    rule: 'a mode that locks its owner out',
    yaml: 'logs: { file: { mode: "0440" } }',
    said: [['2:23 "0440" does not let its owner read and write', 'Write 6 as the first digit.']],
  },
  {
    rule: 'less than no file',
    yaml: 'logs: { file: { keep: -1 } }',
    said: [['2:23 must be at least 0', 'Example: keep: 10']],
  },
  {
    rule: 'the format of a file as that of the output',
    yaml: 'logs: { format: timed, file: { format: prefix } }',
    said: [
      ['2:17 "timed" is not known here', 'Write one of json, prefix, raw.'],
      ['2:40 "prefix" is not known here', 'Write one of timed, json, raw.'],
    ],
  },
  {
    rule: 'a sink where there is none',
    yaml: 'logs: { forward: [central] }',
    said: [['2:19 no sink is called "central"', 'There is none: add it under logs.sinks in bosun.yaml.']],
  },
  {
    rule: 'sinks in the file of a service',
    yaml: 'logs: { sinks: {} }',
    said: [
      [
        '2:9 unknown key "sinks"',
        'Known here: format, stdout, file, multiline, redact, redact_patterns, forward.',
      ],
    ],
  },
  {
    rule: 'the words of supervisord',
    yaml: 'stdout_logfile: /x\nstdout_logfile_maxbytes: 1MB',
    said: [
      [
        '2:1 unknown key "stdout_logfile"',
        'Bosun\'s name for it is "logs: { file: { path: /var/log/app } }".',
      ],
      [
        '3:1 unknown key "stdout_logfile_maxbytes"',
        'Bosun\'s name for it is "logs: { file: { max_size: 10M } }".',
      ],
    ],
  },
  {
    rule: 'the words of Docker',
    yaml: 'logs: { file: { max-size: 1M, max-file: 3 } }',
    said: ['max-size', 'max-file'].map((key, index) => [
      `2:${index === 0 ? 17 : 31} unknown key "${key}"`,
      `Bosun's name for it is "${index === 0 ? 'max_size' : 'keep'}". ` +
        'Known here: path, format, max_size, max_age, keep, total, compress, mode, owner.',
    ]),
  },
]);

const WEB = { 'services.d/web.yaml': 'command: [a]' };

async function said(files: Files, readFacts: ReadFacts = capableMachine): Promise<readonly Diagnostic[]> {
  const result = await load(files, {}, readFacts);
  return result.kind === 'refused' ? result.diagnostics : result.warnings;
}

function words(diagnostics: readonly Diagnostic[]): unknown {
  return diagnostics.map(({ severity, file, line, column, message, remedy }) => [
    `${file}:${line}:${column} ${severity}: ${message}`,
    remedy,
  ]);
}

const FLEET: readonly (readonly [
  rule: string,
  yaml: string,
  said: readonly (readonly [string, string])[],
])[] = [
  [
    'a sink of two kinds, and of none',
    'logs:\n  sinks:\n    a: { syslog: { unix: /l }, loki: { url: "http://l/" } }\n    b: { queue: 1M }\n',
    [
      ['3:8 must have exactly one of syslog, otlp and loki', 'Write one sink for each receiver.'],
      ['4:8 must have exactly one of syslog, otlp and loki', 'Write one sink for each receiver.'],
    ],
  ],
  [
    'a syslog receiver in two places',
    'logs: { sinks: { a: { syslog: { unix: /l, udp: "h:1" } } } }',
    [
      [
        '1:31 must have exactly one of unix, udp and tcp',
        'Keep unix for a socket in this container, udp or tcp for a receiver on the network.',
      ],
    ],
  ],
  [
    'receivers that are no host with a port',
    'logs:\n  sinks:\n    a: { syslog: { udp: h } }\n    b: { syslog: { tcp: "h:70000" } }\n    c: { syslog: { tcp: "[x]:1" } }\n    d: { syslog: { tcp: "[1:2]:1" } }\n',
    [
      ['3:25 "h" is not host:port', HOST_PORT],
      ['4:25 70000 is not a port', 'Write a port from 1 to 65535.'],
      ['5:25 "[x]:1" is not host:port', HOST_PORT],
      ['6:25 "1:2" is not an IPv6 address', HOST_PORT],
    ],
  ],
  [
    'a facility that is none',
    'logs: { sinks: { a: { syslog: { unix: /l, facility: deamon } }, b: { syslog: { unix: /l, facility: 24 } } } }',
    [
      [
        '1:53 "deamon" is not a facility of syslog',
        'Did you mean "daemon"? Write a name such as daemon or local0, or a number from 0 to 23.',
      ],
      [
        '1:100 24 is not a facility of syslog',
        'Write a name such as daemon or local0, or a number from 0 to 23.',
      ],
    ],
  ],
  [
    'a URL with a user or of another kind, which is not repeated',
    'logs: { sinks: { a: { otlp: { url: "http://me:s3cret@o/" } }, b: { loki: { url: "htp://s3cret/" } } } }',
    [
      ['1:36 has a user in it', 'Write headers: { Authorization: "Basic .." } instead.'],
      ['1:81 is not an http or https URL', 'Write the whole URL, such as http://collector:4318/v1/logs.'],
    ],
  ],
  [
    'a header that breaks the request, whose value is not repeated',
    'logs: { sinks: { a: { otlp: { url: "http://o/", headers: { A: "s3cret\\n", "B C": x } } } } }',
    [
      [
        '1:63 holds a character that no header can hold, such as the end of a line',
        'Remove it; of a variable, see that its value does not end with a new line.',
      ],
      ['1:75 "B C" is not the name of a header', 'Names are letters, digits and "-", such as X-Scope-OrgID.'],
    ],
  ],
  [
    'a name of a sink that no directory could have',
    'logs:\n  sinks: { A: { syslog: { unix: /l } } }\n',
    [
      [
        '2:12 "A" is not the name of a sink',
        'Names are lower-case letters, digits, "-" and "_", at most 63, and start with a letter or digit.',
      ],
    ],
  ],
  [
    'a name of a label that none can have',
    'logs: { sinks: { a: { loki: { url: "http://l/", labels: { a-b: c } } } } }',
    [
      [
        '1:59 "a-b" is not the name of a label',
        'Names are letters, digits and "_", and do not start with a digit.',
      ],
    ],
  ],
  [
    'a queue without room',
    'logs: { sinks: { a: { syslog: { unix: /l }, queue: 1K } } }',
    [['1:52 is too small', 'Write 1M or more.']],
  ],
  [
    'defaults: a sink, an owner, a total and a directory for all',
    'logs:\n  forward: [centra]\n  file: { owner: wep, total: 1M }\n  sinks: { central: { syslog: { unix: /l } } }\n',
    [
      [
        '2:13 no sink is called "centra"',
        'Did you mean "central"? There are: central. Or add it under logs.sinks in bosun.yaml.',
      ],
      [
        '3:18 no user is called "wep" in /etc/passwd',
        'Did you mean "web"? Add it to the image with useradd, or write its number.',
      ],
      ['3:30 total is less than max_size', 'Write a max_size that is less than total; 10M if not said.'],
    ],
  ],
  [
    'one directory for every service',
    'logs: { file: { path: /var/log } }',
    [
      [
        '1:17 unknown key "path"',
        'Known here: format, max_size, max_age, keep, total, compress, mode, owner.',
      ],
    ],
  ],
  [
    'what only a service has',
    'logs: { multiline: { first_line: a }, dir: log }',
    [
      [
        '1:9 unknown key "multiline"',
        'Known here: format, dir, file, redact, redact_patterns, forward, sinks.',
      ],
      ['1:44 "log" is not an absolute path', 'Write the whole path, from "/".'],
    ],
  ],
];

for (const [rule, yaml, expected] of FLEET)
  test(`refused in bosun.yaml: ${rule}`, async () => {
    const diagnostics = await said({ ...WEB, 'bosun.yaml': yaml });
    assert.deepEqual(
      words(diagnostics),
      expected.map(([message, remedy]) => [`bosun.yaml:${message.replace(' ', ' error: ')}`, remedy]),
    );
    assert.ok(!JSON.stringify(words(diagnostics)).includes('s3cret'));
  });

test('a total beside the max_size of bosun.yaml is refused where it is written', async () => {
  const own = { 'services.d/web.yaml': 'command: [a]\nlogs: { file: { max_size: 30M } }' };
  assert.deepEqual(words(await said({ ...own, 'bosun.yaml': 'logs: { file: { total: 20M } }' })), [
    [
      'services.d/web.yaml:2:27 error: total is less than max_size',
      'Write a max_size that is less than total; 10M if not said.',
    ],
  ]);
});

test('what is wrong with the defaults is said once, and not of each service that has a map of its own', async () => {
  const own = { 'services.d/web.yaml': 'command: [a]\nlogs: { file: { keep: 3 } }' };
  const diagnostics = await said({ ...own, 'bosun.yaml': 'logs: { file: { total: 1M } }' });
  assert.deepEqual(
    diagnostics.map(({ file, line, column }) => [file, line, column]),
    [['bosun.yaml', 1, 24]],
  );
});

test('a sink is looked for also where other parts of bosun.yaml are wrong', async () => {
  const files = {
    'services.d/web.yaml': 'command: [a]\nlogs: { forward: [central, other] }',
    'bosun.yaml': 'logs: { format: xml, sinks: { central: { syslog: { unix: /l } } } }',
  };
  assert.deepEqual(words(await said(files)), [
    ['bosun.yaml:1:17 error: "xml" is not known here', 'Write one of json, prefix, raw.'],
    [
      'services.d/web.yaml:2:28 error: no sink is called "other"',
      'There are: central. Or add it under logs.sinks in bosun.yaml.',
    ],
  ]);
});

test('a variable that is not there is a warning, in a service and, if nobody has it, in bosun.yaml', async () => {
  const files = {
    'bosun.yaml': 'logs: { redact: [TOKEN, NOBODYS] }',
    'services.d/web.yaml':
      'command: [a]\nenvironment: { TOKEN: t-123, API_KEY: k-123 }\nlogs: { redact: [APIKEY, API_KEY] }',
    'services.d/db.yaml': 'command: [a]',
  };
  const result = await load(files);
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(words(result.warnings), [
    [
      'bosun.yaml:1:25 warning: "NOBODYS" is not in the environment of any service, so nothing is masked',
      'Correct the name, give the variable a value, or remove it.',
    ],
    [
      'services.d/web.yaml:3:18 warning: "APIKEY" is not in its environment, so nothing is masked',
      'Did you mean "API_KEY"? Correct the name, give the variable a value, or remove it.',
    ],
  ]);
});

const withFile = (path: string): string => `command: [a]\nlogs:\n  file:\n    path: ${path}\n`;

test('two services have not one directory, however it is written', async () => {
  const files = {
    'services.d/a.yaml': withFile('/var/log/x'),
    'services.d/b.yaml': withFile('/var/./log/x/'),
  };
  assert.deepEqual(words(await said(files)), [
    [
      'services.d/b.yaml:4:11 error: "a" and "b" have their log files in one directory, /var/log/x',
      'Write another path, or remove it: the service then has a directory of its name.',
    ],
  ]);
});

test('nor one that is the usual one of another', async () => {
  const files = {
    'bosun.yaml': 'logs: { dir: /var/log/b, file: true }',
    'services.d/a.yaml': 'command: [a]',
    'services.d/b.yaml': withFile('/var/log/b/a'),
  };
  assert.deepEqual(
    (await said(files)).map(({ file, message }) => [file, message]),
    [['services.d/b.yaml', '"a" and "b" have their log files in one directory, /var/log/b/a']],
  );
});

test('nor have the instances of a template, which is said once', async () => {
  const files = { 'services.d/w@.yaml': `instances: 3\n${withFile('/var/log/w')}` };
  assert.deepEqual(words(await said(files)), [
    [
      'services.d/w@.yaml:5:11 error: "w-1" and "w-2" have their log files in one directory, /var/log/w',
      'Put ${INSTANCE} in the path, or remove it: each then has a directory of its name.',
    ],
  ]);
});

test('one directory is no matter where there are no files', async () => {
  const files = {
    'services.d/a.yaml': withFile('/var/log/x'),
    'services.d/b.yaml': 'command: [a]\nlogs: { file: false }',
  };
  assert.deepEqual(await said(files), []);
});

const OWNED = { 'services.d/web.yaml': 'command: [a]\nlogs: { file: { owner: "web:staff" } }' };

test('an owner whom nobody knows', async () => {
  const files = (owner: string): Files => ({
    'services.d/web.yaml': `command: [a]\nlogs: { file: { owner: "${owner}" } }`,
  });
  assert.deepEqual(words(await said(files('wep'))), [
    [
      'services.d/web.yaml:2:24 error: no user is called "wep" in /etc/passwd',
      'Did you mean "web"? Add it to the image with useradd, or write its number.',
    ],
  ]);
  assert.deepEqual(words(await said(files('web:staf'))), [
    [
      'services.d/web.yaml:2:24 error: no group is called "staf" in /etc/group',
      'Did you mean "staff"? Add it to the image with groupadd, or write its number.',
    ],
  ]);
  assert.deepEqual(words(await said(files('a:b:c'))), [
    [
      'services.d/web.yaml:2:24 error: "a:b:c" is not user:group',
      'Write a name, a number, or both with a group: web, 1000, web:staff.',
    ],
  ]);
});

test('what is not installed here needs no owner here', async () => {
  const yaml = 'command: [a]\nwhen: { executable: /nowhere/a }\nlogs: { file: { owner: wep } }';
  assert.deepEqual(await said({ 'services.d/web.yaml': yaml }), []);
});

async function machine(own: Partial<SystemFacts['own']>): Promise<SystemFacts> {
  const facts = await capableMachine();
  return { ...facts, own: { ...facts.own, ...own } };
}

test('to give files away takes a privilege, to keep them takes none', async () => {
  const powerless = { uid: 7, gid: 7, groups: [], effective: 0n };
  assert.deepEqual(words(await said(OWNED, () => machine(powerless))), [
    [
      'services.d/web.yaml:2:24 error: to give the files to another needs the privilege CAP_CHOWN, which Bosun (uid 7) does not have',
      'Run the container as root with the capability CHOWN, or remove owner: the files then belong to uid 7.',
    ],
  ]);
  const isWeb = { uid: 1000, gid: 1000, groups: [50], effective: 0n };
  assert.deepEqual(await said(OWNED, () => machine(isWeb)), []);
  assert.equal((await said(OWNED, () => machine({ ...isWeb, groups: [] }))).length, 1);
});

test('an owner that the user namespace does not have', async () => {
  const few = [{ from: 0, to: 999 }];
  assert.deepEqual(
    (await said(OWNED, () => machine({ uids: few }))).map(({ message }) => message),
    ['uid 1000 does not exist in the user namespace of this container'],
  );
});

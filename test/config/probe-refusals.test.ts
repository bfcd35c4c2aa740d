// What readiness, liveness and startup are refused for.
import { testRefusals } from './refusals.ts';

testRefusals([
  {
    rule: 'two kinds of readiness',
    yaml: 'readiness: { file: /a, exec: [b] }',
    said: [
      [
        '2:12 must have exactly one of http, tcp, exec, file, notify and log',
        'Keep one of them; for two conditions write a script and use exec.',
      ],
    ],
  },
  {
    rule: 'two kinds, one of them wrong',
    yaml: 'readiness: { log: "(", notify: { fd: 3 } }',
    said: [
      [
        '2:12 must have exactly one of http, tcp, exec, file, notify and log',
        'Keep one of them; for two conditions write a script and use exec.',
      ],
      [
        '2:19 is no regular expression: unterminated group, at character 1: "("',
        'Put a backslash before a character that is meant as itself; see RegExp with the flag v.',
      ],
    ],
  },
  {
    rule: 'no kind of readiness',
    yaml: 'readiness: { period: 1s }',
    said: [
      [
        '2:12 must have exactly one of http, tcp, exec, file, notify and log',
        'Keep one of them; for two conditions write a script and use exec.',
      ],
    ],
  },
  {
    rule: 'no kind of liveness',
    yaml: 'liveness: { grace: 1s }',
    said: [
      [
        '2:11 must have exactly one of http, tcp, exec, file and watchdog',
        'Keep one of them; for two conditions write a script and use exec.',
      ],
    ],
  },
  {
    rule: 'no kind of startup probe',
    yaml: 'startup: { probe: { period: 1s } }',
    said: [
      [
        '2:19 must have exactly one of http, tcp, exec, file and log',
        'Keep one of them; for two conditions write a script and use exec.',
      ],
    ],
  },
  {
    rule: 'notify in a startup probe',
    yaml: 'startup: { probe: { file: /a, notify: { fd: 3 } } }',
    said: [
      [
        '2:31 unknown key "notify"',
        'Known here: http, tcp, exec, file, log, initial_delay, period, timeout, success_threshold, failure_threshold.',
      ],
    ],
  },
  {
    rule: 'log as liveness',
    yaml: 'liveness: { log: x }',
    said: [
      [
        '2:11 must have exactly one of http, tcp, exec, file and watchdog',
        'Keep one of them; for two conditions write a script and use exec.',
      ],
      [
        '2:13 unknown key "log"',
        'Known here: http, tcp, exec, file, watchdog, grace, initial_delay, period, timeout, success_threshold, failure_threshold.',
      ],
    ],
  },
  {
    rule: 'both notifications',
    yaml: 'readiness: { notify: { fd: 3, socket: true } }',
    said: [
      ['2:22 must have either fd or socket', 'Keep fd for a newline on a descriptor, socket for sd_notify.'],
    ],
  },
  {
    rule: 'neither notification',
    yaml: 'readiness: { notify: {} }',
    said: [
      ['2:22 must have either fd or socket', 'Keep fd for a newline on a descriptor, socket for sd_notify.'],
    ],
  },
  {
    rule: 'a socket that is off',
    yaml: 'readiness: { notify: { socket: false } }',
    said: [['2:32 can only be true', 'Write true, or remove it.']],
  },
  {
    rule: 'a descriptor that is taken',
    yaml: 'readiness: { notify: { fd: 2 } }',
    said: [['2:28 must be at least 3', 'Example: fd: 3']],
  },
  {
    rule: 'liveness that asks for more than one success',
    yaml: 'liveness: { file: /a, success_threshold: 2 }',
    said: [['2:42 must be 1: one success is enough here', 'Remove it; only readiness can ask for more.']],
  },
  {
    rule: 'startup that asks for more than one success',
    yaml: 'startup: { probe: { file: /a, success_threshold: 3 } }',
    said: [['2:50 must be 1: one success is enough here', 'Remove it; only readiness can ask for more.']],
  },
  {
    rule: 'a threshold of none',
    yaml: 'readiness: { file: /a, success_threshold: 0, failure_threshold: 0 }',
    said: [
      ['2:43 must be at least 1', 'Example: success_threshold: 2'],
      ['2:65 must be at least 1', 'Example: failure_threshold: 5'],
    ],
  },
  {
    rule: 'a negative delay',
    yaml: 'readiness: { file: /a, initial_delay: -1s }',
    said: [
      [
        '2:39 "-1s" is not a duration',
        'Write a number with a unit (ms, s, m, h, d), such as 500ms, 5s or 1m30s.',
      ],
    ],
  },
  {
    rule: 'a delay without a unit',
    yaml: 'liveness: { file: /a, grace: 5 }',
    said: [['2:30 "5" has no unit', 'Write the unit: 5s or 5ms.']],
  },
  {
    rule: 'pace beside notify',
    yaml: 'readiness: { notify: { fd: 3 }, initial_delay: 1s, period: 1s, timeout: 1s, success_threshold: 1, failure_threshold: 1 }',
    said: [
      [
        '2:33 initial_delay has no effect beside notify',
        'Remove it: the service says itself when it is ready.',
      ],
      ['2:52 period has no effect beside notify', 'Remove it: the service says itself when it is ready.'],
      ['2:64 timeout has no effect beside notify', 'Remove it: the service says itself when it is ready.'],
      [
        '2:77 success_threshold has no effect beside notify',
        'Remove it: the service says itself when it is ready.',
      ],
      [
        '2:99 failure_threshold has no effect beside notify',
        'Remove it: the service says itself when it is ready.',
      ],
    ],
  },
  {
    rule: 'pace beside log',
    yaml: 'readiness: { log: x, period: 1s }',
    said: [['2:22 period has no effect beside log', 'Remove it: the service says itself when it is ready.']],
  },
  {
    rule: 'pace beside the log of startup',
    yaml: 'startup: { probe: { log: x, failure_threshold: 3 } }',
    said: [
      ['2:29 failure_threshold has no effect beside log', 'Remove it; startup.timeout limits the time.'],
    ],
  },
  {
    rule: 'pace beside watchdog',
    yaml: 'liveness: { watchdog: 1s, period: 1s }',
    said: [
      [
        '2:27 period has no effect beside watchdog',
        'Remove it: watchdog is the time between two signs of life.',
      ],
    ],
  },
  {
    rule: 'a watchdog without a period',
    yaml: 'liveness: { watchdog: 0 }',
    said: [['2:23 must be longer than 0', 'Write a duration such as 1s.']],
  },
  {
    rule: 'a pattern that is not closed',
    yaml: 'readiness: { log: "ready (in" }',
    said: [
      [
        '2:19 is no regular expression: unterminated group, at character 7: "(in"',
        'Put a backslash before a character that is meant as itself; see RegExp with the flag v.',
      ],
    ],
  },
  {
    rule: 'a pattern in a map',
    yaml: 'readiness: { log: { pattern: "a**b" } }',
    said: [
      [
        '2:30 is no regular expression: nothing to repeat, at character 3: "*b"',
        'Put a backslash before a character that is meant as itself; see RegExp with the flag v.',
      ],
    ],
  },
  {
    rule: 'a character that the flag v reserves',
    yaml: 'readiness: { log: "^[(]" }',
    said: [
      [
        '2:19 is no regular expression: invalid character in character class, at character 3: "(]"',
        'Put a backslash before a character that is meant as itself; see RegExp with the flag v.',
      ],
    ],
  },
  {
    rule: 'an empty pattern',
    yaml: 'readiness: { log: "" }',
    said: [['2:19 is an empty pattern, which every line matches', 'Write a part of the line.']],
  },
  {
    rule: 'an unknown stream',
    yaml: 'readiness: { log: { pattern: a, stream: stdin } }',
    said: [['2:41 "stdin" is not known here', 'Write one of stdout, stderr, both.']],
  },
  {
    rule: 'a log of another type',
    yaml: 'readiness: { log: [a] }',
    said: [['2:19 must be text or a map, not a list', 'Example: log: ready to accept connections']],
  },
  {
    rule: 'a status that is none',
    yaml: 'readiness: { http: { url: "http://a/", status: 99 } }',
    said: [
      [
        '2:48 99 is not an HTTP status or a range of them',
        'Write a status such as 204, a range such as 200-399, or a list of them.',
      ],
    ],
  },
  {
    rule: 'a status beyond the last',
    yaml: 'readiness: { http: { url: "http://a/", status: 500-600 } }',
    said: [
      [
        '2:48 "500-600" is not between 100 and 599',
        'Write a status such as 204, a range such as 200-399, or a list of them.',
      ],
    ],
  },
  {
    rule: 'one wrong status of a list',
    yaml: 'readiness: { http: { url: "http://a/", status: [200, ok, 300-399] } }',
    said: [
      [
        '2:54 "ok" is not an HTTP status or a range of them',
        'Write a status such as 204, a range such as 200-399, or a list of them.',
      ],
    ],
  },
  {
    rule: 'a range that starts after its end',
    yaml: 'readiness: { http: { url: "http://a/", status: 399-200 } }',
    said: [
      [
        '2:48 "399-200" starts after its end',
        'Write a status such as 204, a range such as 200-399, or a list of them.',
      ],
    ],
  },
  {
    rule: 'no status',
    yaml: 'readiness: { http: { url: "http://a/", status: [] } }',
    said: [['2:48 must be at least 1 in the list', 'Example: status: [200, 204, 300-308]']],
  },
  {
    rule: 'an unknown method',
    yaml: 'readiness: { http: { url: "http://a/", method: PUT } }',
    said: [['2:48 "PUT" is not known here', 'Write one of GET, HEAD, POST.']],
  },
  {
    rule: 'tls on http',
    yaml: 'readiness: { http: { url: "http://a/", tls: { verify: true } } }',
    said: [['2:45 tls has no effect on an http URL', 'Write an https URL, or remove it.']],
  },
  {
    rule: 'an authority that nobody asks',
    yaml: 'readiness: { http: { url: "https://a/", tls: { ca: /ca.pem } } }',
    said: [
      ['2:46 ca and server_name have no effect without verify: true', 'Add verify: true, or remove them.'],
    ],
  },
  {
    rule: 'a server name that nobody compares',
    yaml: 'liveness: { http: { url: "https://a/", tls: { verify: false, server_name: a } } }',
    said: [
      ['2:45 ca and server_name have no effect without verify: true', 'Add verify: true, or remove them.'],
    ],
  },
  {
    rule: 'a relative path of an authority',
    yaml: 'readiness: { http: { url: "https://a/", tls: { verify: true, ca: ca.pem } } }',
    said: [['2:66 "ca.pem" is not an absolute path', 'Write the whole path, from "/".']],
  },
  {
    rule: 'text in the body of HEAD',
    yaml: 'readiness: { http: { url: "http://a/", method: HEAD, contains: ok } }',
    said: [['2:64 the answer to HEAD has no body', 'Use GET, or remove contains.']],
  },
  {
    rule: 'a body shorter than the text in it',
    yaml: 'readiness: { http: { url: "http://a/", contains: "öö", max_body: 3B } }',
    said: [['2:66 is less than the text of contains', 'Make it larger.']],
  },
  {
    rule: 'a body without a unit',
    yaml: 'readiness: { http: { url: "http://a/", max_body: 10 } }',
    said: [['2:50 "10" has no unit', 'Write the unit: 10B, 10K or 10M.']],
  },
  {
    rule: 'the names of other tools',
    yaml: 'readiness: { httpGet: {}, initialDelaySeconds: 1 }',
    said: [
      [
        '2:12 must have exactly one of http, tcp, exec, file, notify and log',
        'Keep one of them; for two conditions write a script and use exec.',
      ],
      [
        '2:14 unknown key "httpGet"',
        'Bosun\'s name for it is "http". Known here: http, tcp, exec, file, notify, log, initial_delay, period, timeout, success_threshold, failure_threshold.',
      ],
      [
        '2:27 unknown key "initialDelaySeconds"',
        'Bosun\'s name for it is "initial_delay". Known here: http, tcp, exec, file, notify, log, initial_delay, period, timeout, success_threshold, failure_threshold.',
      ],
    ],
  },
]);

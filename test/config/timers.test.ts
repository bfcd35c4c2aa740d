// Timers and oneshots: when they run, what undoes them, and which keys go with which type.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, diagnosticsOf, loadService } from './loading.ts';
import { testRefusals } from './refusals.ts';

test('a timer has a schedule or a period; its runs are neither limited nor repeated', async () => {
  const timer = await loadService('command: [a]\ntype: timer\nevery: 1m30s');
  assert.equal(timer.type, 'timer');
  assert.deepEqual(timer.schedule, { kind: 'every', periodMs: 90_000 });
  assert.equal(timer.startupTimeoutMs, 0);
  assert.equal(timer.restart.policy, 'never');
});

test('cron expressions have five fields, or six with seconds, or a name', async () => {
  for (const expression of ['0 */12 * * *', '*/5 * * * * *', '@daily', '0 0 L * *', '0 9 * JAN-MAR MON#2']) {
    const { schedule } = await loadService(`command: [a]\ntype: timer\nschedule: "${expression}"`);
    assert.deepEqual(schedule, { kind: 'cron', expression, timeZone: 'UTC' });
  }
});

test('a schedule can be in another time zone', async () => {
  const yaml = 'command: [a]\ntype: timer\nschedule: "@daily"\ntime_zone: America/St_Johns';
  const { schedule } = await loadService(yaml);
  assert.deepEqual(schedule, { kind: 'cron', expression: '@daily', timeZone: 'America/St_Johns' });
});

test('a run of a timer can be limited, and repeated when it has failed', async () => {
  const yaml =
    'command: [a]\ntype: timer\nevery: 1h\nstartup: { timeout: 5m }\nrestart: { policy: on-failure }';
  const timer = await loadService(yaml);
  assert.equal(timer.startupTimeoutMs, 300_000);
  assert.equal(timer.restart.policy, 'on-failure');
});

test('what says nothing new of a timer is no mistake', async () => {
  const timer = await loadService('command: [a]\ntype: timer\nevery: 1h\nmain: false\nessential: false');
  assert.equal(timer.importance, 'normal');
});

test('a oneshot can be undone', async () => {
  assert.deepEqual((await loadService('command: [a]\ntype: oneshot\ndown: umount /mnt')).down, [
    'umount',
    '/mnt',
  ]);
  assert.equal((await loadService('command: [a]\ntype: oneshot')).down, undefined);
});

test('a oneshot that says when it is ready can have what is for a service that is ready', async () => {
  for (const start of ['readiness: { file: /a }', 'startup: { probe: { file: /a } }']) {
    const yaml = `command: [a]\ntype: oneshot\n${start}\nliveness: { file: /a }\nreload: { signal: HUP }`;
    assert.notEqual((await loadService(yaml)).liveness.kind, 'none');
  }
});

test('nobody can wait for a timer, not even if it need not be there', async () => {
  const diagnostics = await diagnosticsOf({
    'services.d/tick.yaml': 'command: [a]\ntype: timer\nevery: 1h',
    'services.d/a.yaml': 'command: [a]\ndepends_on: [tick]',
    'services.d/b.yaml': 'command: [a]\ndepends_on: { tick: { required: false } }',
  });
  assert.deepEqual(brief(diagnostics), [
    'services.d/a.yaml:2:14 "tick" is a timer, which is never ready',
    'services.d/b.yaml:2:15 "tick" is a timer, which is never ready',
  ]);
  assert.match(diagnostics[0]?.remedy ?? '', /what must run before this service is a oneshot/);
});

testRefusals([
  {
    rule: 'a timer without a time',
    yaml: 'type: timer',
    said: [
      [
        '2:7 a timer must have either schedule or every',
        'Add one, such as every: 15m or schedule: "0 3 * * *".',
      ],
    ],
  },
  {
    rule: 'a timer with two',
    yaml: 'type: timer\nevery: 1m\nschedule: "@daily"',
    said: [['3:1 a timer must have either schedule or every', 'Keep one of the two.']],
  },
  {
    rule: 'a time zone beside every',
    yaml: 'type: timer\nevery: 1m\ntime_zone: UTC',
    said: [['4:1 time_zone has no effect beside every', 'Remove it, or write a schedule.']],
  },
  {
    rule: 'a cron expression with too few fields',
    yaml: 'type: timer\nschedule: "* * *"',
    said: [
      [
        '3:11 has 3 fields instead of 5, or 6 with seconds',
        'Write minute, hour, day of month, month and day of week, such as "0 3 * * *", or @daily.',
      ],
    ],
  },
  {
    rule: 'a year',
    yaml: 'type: timer\nschedule: "0 0 0 1 1 * 2030"',
    said: [
      [
        '3:11 has 7 fields instead of 5, or 6 with seconds',
        'Write minute, hour, day of month, month and day of week, such as "0 3 * * *", or @daily.',
      ],
    ],
  },
  {
    rule: 'a date',
    yaml: 'type: timer\nschedule: "2030-01-01T00:00:00"',
    said: [
      [
        '3:11 has 1 field instead of 5, or 6 with seconds',
        'Write minute, hour, day of month, month and day of week, such as "0 3 * * *", or @daily.',
      ],
    ],
  },
  {
    rule: 'an hour that does not exist',
    yaml: 'type: timer\nschedule: "0 25 * * *"',
    said: [
      [
        '3:11 "0 25 * * *" is no cron expression: Invalid value for hour: 25',
        'Write minute, hour, day of month, month and day of week, such as "0 3 * * *", or @daily.',
      ],
    ],
  },
  {
    rule: 'a name of another library',
    yaml: 'type: timer\nschedule: "@every 5m"',
    said: [['3:11 "@every 5m" is no cron expression', 'Write every: 5m.']],
  },
  {
    rule: 'a name that croner does not know',
    yaml: 'type: timer\nschedule: "@reboot"',
    said: [
      [
        '3:11 "@reboot" is no cron expression: @reboot is not supported in this environment. This is an event-based trigger that requires system startup detection.',
        'Write minute, hour, day of month, month and day of week, such as "0 3 * * *", or @daily.',
      ],
    ],
  },
  {
    rule: 'a day that never comes',
    yaml: 'type: timer\nschedule: "0 0 30 2 *"',
    said: [['3:11 "0 0 30 2 *" never comes', 'Choose a day that the month has.']],
  },
  {
    rule: 'a schedule that is a number',
    yaml: 'type: timer\nschedule: 5',
    said: [
      [
        '3:11 must be a cron expression, not 5',
        'Write minute, hour, day of month, month and day of week, such as "0 3 * * *", or @daily.',
      ],
    ],
  },
  {
    rule: 'a time zone that is none',
    yaml: 'type: timer\nschedule: "@daily"\ntime_zone: Europe/Berln',
    said: [
      [
        '4:12 "Europe/Berln" is no time zone',
        'Did you mean "Europe/Berlin"? Write a name such as Europe/Berlin or UTC.',
      ],
    ],
  },
  {
    rule: 'an offset as a time zone',
    yaml: 'type: timer\nschedule: "@daily"\ntime_zone: "+02:00"',
    said: [['4:12 "+02:00" is no time zone', 'Write a name such as Europe/Berlin or UTC.']],
  },
  {
    rule: 'a period of nothing',
    yaml: 'type: timer\nevery: 0s',
    said: [['3:8 must be longer than 0', 'Write a duration such as 1s.']],
  },
  {
    rule: 'a main timer',
    yaml: 'type: timer\nevery: 1m\nmain: true',
    said: [['4:1 a timer cannot be main', 'Remove it; only a service or a oneshot can end the container.']],
  },
  {
    rule: 'an essential timer',
    yaml: 'type: timer\nevery: 1m\nessential: true',
    said: [
      ['4:1 a timer cannot be essential', 'Remove it; only a service or a oneshot can end the container.'],
    ],
  },
  {
    rule: 'a timer that is ready',
    yaml: 'type: timer\nevery: 1m\nreadiness: { file: /a }',
    said: [['4:1 a timer is never ready', 'Remove it; startup.timeout limits the time of a run.']],
  },
  {
    rule: 'a timer that is alive',
    yaml: 'type: timer\nevery: 1m\nliveness: { watchdog: 3s }',
    said: [
      [
        '4:1 a timer is not asked whether it is alive',
        'Remove it; startup.timeout limits the time of a run.',
      ],
    ],
  },
  {
    rule: 'a timer with a startup probe',
    yaml: 'type: timer\nevery: 1m\nstartup: { probe: { file: /a } }',
    said: [['4:12 a timer has no startup probe', 'Remove it; startup.timeout limits the time of a run.']],
  },
  {
    rule: 'a timer that is reloaded',
    yaml: 'type: timer\nevery: 1m\nreload: { signal: HUP }',
    said: [['4:1 a timer is not reloaded', 'Remove it.']],
  },
  {
    rule: 'a hook that a timer never runs',
    yaml: 'type: timer\nevery: 1m\nhooks: { post_start: a }',
    said: [
      [
        '4:10 a timer is never ready, so this hook would not run',
        'Use pre_start or post_stop, or make it a part of the command.',
      ],
    ],
  },
  {
    rule: 'a timer with a down command',
    yaml: 'type: timer\nevery: 1m\ndown: a',
    said: [
      ['4:1 a timer has no down command', 'Use stop or hooks: { post_stop: [..] }, or make it a oneshot.'],
    ],
  },
  {
    rule: 'a timer that is always restarted',
    yaml: 'type: timer\nevery: 1m\nrestart: { policy: always }',
    said: [
      [
        '4:20 a timer that is always restarted never waits for its time',
        'Write on-failure or never, or make it a service.',
      ],
    ],
  },
  {
    rule: 'a service with the keys of a timer',
    yaml: 'schedule: "@daily"\nevery: 1m\ntime_zone: UTC',
    said: [
      ['2:1 a service has no schedule', 'Add type: timer, or remove it.'],
      ['3:1 a service has no schedule', 'Add type: timer, or remove it.'],
      ['4:1 a service has no schedule', 'Add type: timer, or remove it.'],
    ],
  },
  {
    rule: 'a oneshot with a schedule',
    yaml: 'type: oneshot\nevery: 1m',
    said: [['3:1 a oneshot has no schedule', 'Add type: timer, or remove it.']],
  },
  {
    rule: 'a service with a down command',
    yaml: 'down: a',
    said: [
      ['2:1 a service has no down command', 'Use stop or hooks: { post_stop: [..] }, or make it a oneshot.'],
    ],
  },
  {
    rule: 'a oneshot with what is for a service that is ready',
    yaml: 'type: oneshot\nliveness: { file: /a }\nreload: { signal: HUP }\nhooks: { post_start: a }',
    said: [
      [
        '3:1 liveness has no effect: a oneshot without readiness ends before it is ready',
        'Remove it, or say with readiness when it is ready.',
      ],
      [
        '4:1 reload has no effect: a oneshot without readiness ends before it is ready',
        'Remove it, or say with readiness when it is ready.',
      ],
      [
        '5:10 post_start has no effect: a oneshot without readiness ends before it is ready',
        'Remove it, or say with readiness when it is ready.',
      ],
    ],
  },
  {
    rule: 'an unknown type, and not what follows from it',
    yaml: 'type: timr\nschedule: "@daily"',
    said: [
      [
        '2:7 "timr" is not known here',
        'Did you mean "timer"? Write one of service, oneshot, timer, attached.',
      ],
    ],
  },
]);

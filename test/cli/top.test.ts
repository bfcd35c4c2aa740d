// `top` and `status --watch` on a real terminal and on a pipe: what is drawn, by which keys, and that the terminal is as before.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { servicesView } from '../../supervisor/wire/service-view.ts';
import { comesUp, failsWith, name, service } from '../plane/support/fleet-fixture.ts';
import { PlaneRig } from '../plane/support/plane-rig.ts';
import { bosunctl, FollowingCtl } from './support/bosunctl.ts';
import { PtyCtl } from './support/pty-ctl.ts';

const LONG = 'a-service-with-a-name-of-sixty-three-characters-which-is-the-mo';
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [service(LONG), service('web'), service('flapping'), service('zz-idle')],
    history: [
      ...comesUp(LONG, 1),
      ...comesUp('web', 2),
      ...comesUp('flapping', 3),
      ...failsWith('flapping', 3, 3, 100_000),
      { type: 'wanted', service: name('zz-idle'), wanted: 'down' },
    ],
  });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

const top = (...words: string[]): PtyCtl =>
  new PtyCtl(['--socket', rig.socketPath, 'top', ...words], { rows: 10 });

function isRestored(output: string): void {
  assert.ok(output.includes(ENTER), 'the alternate screen was taken');
  assert.ok(output.lastIndexOf(LEAVE) > output.lastIndexOf(ENTER), JSON.stringify(output.slice(-200)));
}

test('on a pipe it is one snapshot within 80 columns, what needs somebody first', async () => {
  const { code, stdout } = await bosunctl(['--socket', rig.socketPath, 'top']);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.ok(
    lines.every((line) => line.length <= 80),
    stdout,
  );
  assert.match(lines[0] ?? '', /^NAME +STATE +PID +RESTARTS +UPTIME +CHANGED +NOTE$/);
  assert.match(lines[1] ?? '', /^flapping +backoff +- +1 +- +\d+ \w+ +exited/);
  assert.equal(lines.length, 5);
  assert.doesNotMatch(stdout, /\u001b/);
  const json = await bosunctl(['--socket', rig.socketPath, 'top', '--sort', 'name', '--json']);
  const names = servicesView.parse(JSON.parse(json.stdout)).services.map((view) => view.name);
  assert.deepEqual(names, [LONG, 'flapping', 'web', 'zz-idle']);
});

for (const [how, press, code] of [
  [
    'q',
    (ctl: PtyCtl) => {
      ctl.type('q');
    },
    0,
  ],
  [
    'Ctrl-C',
    (ctl: PtyCtl) => {
      ctl.type('\u0003');
    },
    0,
  ],
  ['SIGTERM', (ctl: PtyCtl) => ctl.signal('SIGTERM'), -15],
  ['SIGINT', (ctl: PtyCtl) => ctl.signal('SIGINT'), -2],
  ['SIGHUP', (ctl: PtyCtl) => ctl.signal('SIGHUP'), -1],
] as const)
  test(`${how} ends it, and the terminal is as before`, async () => {
    await using ctl = top();
    await ctl.shows(/Bosun is up/);
    await press(ctl);
    assert.deepEqual(await ctl.end(), { code, mode: 'cooked' });
    isRestored(ctl.output);
  });

test('keys sort, the same key again the other way round; the arrows move through what does not fit', async () => {
  await using ctl = new PtyCtl(['--socket', rig.socketPath, 'top'], { rows: 5 });
  const first = await ctl.shows(/q quit/);
  assert.match(first, /^Bosun is up\. 4 services: 1 backoff, 2 running, 1 stopped\r\n/);
  assert.match(first, /\r\nflapping.*\r\n.*\r\nby state:/);
  ctl.type('n');
  await ctl.shows(/NOTE\r\na-service-with.*\r\nflapping.*\r\nby name:/);
  ctl.type('n');
  await ctl.shows(/NOTE\r\nzz-idle.*\r\nweb.*\r\nby name, reversed:/);
  ctl.type('\u001b[B');
  await ctl.shows(/NOTE\r\nweb.*\r\nflapping/);
  ctl.type('\u001b[6~');
  await ctl.shows(/NOTE\r\nflapping.*\r\na-service-with/);
});

test('another size of the terminal is another picture, and no line is longer than it is wide', async () => {
  await using ctl = top();
  await ctl.shows(/zz-idle/);
  await ctl.resize(8, 100);
  await ctl.shows(/exited with code 3, next t/);
  await ctl.resize(20, 60);
  // Every line of the frame is filled, so one with 20 of them is of the new size.
  const screen = await ctl.shows(/^(?:[^\n]*\n){19}[^\n]*$/);
  assert.ok(
    screen.split('\r\n').every((line) => line.length <= 60),
    screen,
  );
});

test('an event is seen at once', async () => {
  await using ctl = top();
  await ctl.shows(/zz-idle +stopped/);
  rig.emit(comesUp('zz-idle', 9));
  await ctl.shows(/zz-idle +running +1009/);
});

test('what ends Bosun ends it too, with the reason on the terminal as it was before', async () => {
  await using own = await PlaneRig.start({ services: [service('web')] });
  await using ctl = new PtyCtl(['--socket', own.socketPath, 'top']);
  await ctl.shows(/Bosun is up/);
  await own[Symbol.asyncDispose]();
  assert.equal((await ctl.end()).code, 6);
  isRestored(ctl.output);
  assert.match(ctl.output.slice(ctl.output.lastIndexOf(LEAVE)), /cannot reach Bosun/);
});

test('when Bosun is not there the screen is not taken', async () => {
  await using ctl = new PtyCtl(['--socket', '/nowhere/bosun.sock', 'top']);
  assert.equal((await ctl.end()).code, 6);
  assert.ok(!ctl.output.includes(ENTER));
});

test('status --watch draws on a terminal, and prints again on a pipe', async () => {
  await using ctl = new PtyCtl(['--socket', rig.socketPath, 'status', '--watch']);
  await ctl.shows(/flapping +backoff/);
  ctl.type('q');
  assert.deepEqual(await ctl.end(), { code: 0, mode: 'cooked' });
  isRestored(ctl.output);
  await using piped = new FollowingCtl(['--socket', rig.socketPath, 'status', '--watch']);
  await piped.outputWith('flapping');
  assert.equal(piped.output.split('NAME ').length, 2);
  rig.emit([{ type: 'wanted', service: name('web'), wanted: 'down' }]);
  await piped.outputWith('\n\nNAME');
  assert.equal((await bosunctl(['--socket', rig.socketPath, 'status', 'web', '--watch'])).code, 2);
});

test('no colour where NO_COLOR is set', async () => {
  const words = ['--socket', rig.socketPath, 'top'];
  await using colored = new PtyCtl(words);
  await colored.shows(/zz-idle/);
  assert.match(colored.output, /\u001b\[33mbackoff/);
  await using plain = new PtyCtl(words, { environment: { NO_COLOR: '1' } });
  await plain.shows(/zz-idle/);
  assert.doesNotMatch(plain.output, /\u001b\[\d+m/);
});

// A queue on a disk that is full and then is not. Runs in a mount namespace of its own, as root; ends with 1 and the reason if an expectation
// is not met.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEGINNING, type QueuePosition } from '../../../supervisor/plane/logs/shipping/queue-position.ts';
import { QueueDirectory } from '../../../supervisor/plane/logs/shipping/queue-directory.ts';
import { readQueue } from '../../../supervisor/plane/logs/shipping/queue-reader.ts';
import { NOWHERE, sinkOf, Spooling } from '../../plane/logs/support/spooling.ts';

const MIB = 1_048_576;
const directory = mkdtempSync(join(tmpdir(), 'bosun-spool-'));
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
const filler = join(directory, 'filler');
writeFileSync(filler, Buffer.alloc(300_000));

using spooling = new Spooling([sinkOf('a', NOWHERE, 64 * MIB)], directory);
// Not a divisor of a page: the last record is written in part.
for (let n = 0; n < 1_200; n++) spooling.writeLines(100, {}, 100);
assert.deepEqual(spooling.told.failed, ['sink a ENOSPC']);
const { droppedLines } = spooling.told;
assert.ok(droppedLines > 10_000 && droppedLines < 110_000, `${droppedLines} lines dropped`);
rmSync(filler);
spooling.writeLines(100);
assert.deepEqual(spooling.told.recovered, [droppedLines]);
spooling.reopen();
spooling.writeLines(100);

let position: QueuePosition = BEGINNING;
const numbers: number[] = [];
for (;;) {
  const { entries, missedLines } = await readQueue(new QueueDirectory(join(directory, 'a')), position, {
    lines: 10_000,
    bytes: MIB,
  });
  assert.equal(missedLines, 0);
  if (entries.length === 0) break;
  numbers.push(...entries.map(({ text }) => Number(text.toString().slice('line '.length))));
  position = entries.at(-1)?.after() ?? position;
}
assert.equal(numbers.length + droppedLines, spooling.written);
assert.ok(
  numbers.every((number, index) => number > (numbers[index - 1] ?? 0)),
  'in order and once',
);
assert.equal(numbers.at(-1), spooling.written);
process.stdout.write('as expected\n');

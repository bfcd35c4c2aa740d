// The client's watch over connections that break: what differs between two of them is a change, and what went back begins anew.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BosunClient } from '../../supervisor/client/bosun-client.ts';
import { BosunProblem } from '../../supervisor/client/failure.ts';
import type { ApplicationNews } from '../../supervisor/client/application-stream.ts';
import { createProblem } from '../../supervisor/wire/problem.ts';

type Answer = (response: ServerResponse) => void;

/** One answer for each connection. */
async function hear(answers: readonly Answer[]): Promise<{ heard: ApplicationNews[]; error: unknown }> {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-client-'));
  const rest = [...answers];
  const server = createServer((_request, response) => rest.shift()?.(response));
  server.listen(join(directory, 's'));
  await once(server, 'listening');
  const heard: ApplicationNews[] = [];
  try {
    for await (const news of new BosunClient(join(directory, 's')).applications.watch('it')) heard.push(news);
    return { heard, error: undefined };
  } catch (error) {
    return { heard, error };
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  }
}

function breaking(...events: readonly (readonly [string, object])[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('');
    response.write(text, () => response.destroy());
  };
}

function all(revision: number, values: object): readonly [string, object] {
  return ['values', { service: 'it', revision, values, masked: [] }];
}

const REFUSING: Answer = (response) => {
  const problem = createProblem('service-not-found', 'gone');
  response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
};

test('what changed while nobody listened is a change; one that was seen is not seen twice', async () => {
  const change = {
    service: 'it',
    revision: 6,
    changes: [
      { key: 'a', old: 1, new: 2 },
      { key: 'c', old: 1 },
    ],
  };
  const { heard, error } = await hear([
    breaking(all(5, { a: 1, b: 1, c: 1 }), ['change', change]),
    breaking(all(6, { a: 2, b: 1 })),
    breaking(
      all(8, { a: 3, d: null }),
      ['away', { service: 'it', code: 'x', reason: 'y' }],
      ['unheard-of', {}],
    ),
    breaking(['back', { service: 'it', revision: 8 }], all(2, { a: 1 })),
    REFUSING,
  ]);
  assert.ok(error instanceof BosunProblem);
  assert.deepEqual(
    heard.map((news) => [news.kind, news.kind === 'change' ? news.change.changes : undefined]),
    [
      ['values', undefined],
      ['change', change.changes],
      [
        'change',
        [
          { key: 'a', old: 2, new: 3 },
          { key: 'b', old: 1 },
          { key: 'd', new: null },
        ],
      ],
      ['away', undefined],
      ['back', undefined],
      ['reset', undefined],
    ],
  );
});

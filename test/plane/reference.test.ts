import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ROUTES } from '../../supervisor/plane/api/routes.ts';
import { PROBLEMS } from '../../supervisor/wire/problem.ts';
import { serviceView, stateName } from '../../supervisor/wire/service-view.ts';

function readReference(page: string): string {
  return readFileSync(new URL(`../../docs/reference/${page}`, import.meta.url), 'utf8');
}

/** The cells of a table's rows, without the spaces that a formatter puts there. */
function rowsOf(page: string): readonly (readonly string[])[] {
  const rows = readReference(page).matchAll(/^\|(.*)\|$/gm);
  return [...rows].map(([, cells = '']) => cells.split('|').map((cell) => cell.trim()));
}

test('errors.md lists every code with its status, and no other', () => {
  const documented = rowsOf('errors.md').flatMap(([code = '', status = '']) =>
    /^\d{3}$/.test(status) ? [`${code.replaceAll('`', '')} ${status}`] : [],
  );
  const known = Object.entries(PROBLEMS).map(([code, { status }]) => `${code} ${status}`);
  assert.deepEqual(documented.toSorted(), known.toSorted());
});

test('api.md lists every route, and no other', () => {
  const documented = rowsOf('api.md').flatMap(([method = '', path = '']) =>
    ['GET', 'POST', 'PATCH'].includes(method) ? [`${method} ${path.replaceAll('`', '')}`] : [],
  );
  assert.deepEqual(documented.toSorted(), ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted());
});

test('api.md names every field of a service and every state', () => {
  const text = readReference('api.md');
  const words = [...Object.keys(serviceView.shape), ...stateName.options];
  assert.deepEqual(
    words.filter((word) => !text.includes(`\`${word}\``)),
    [],
  );
});

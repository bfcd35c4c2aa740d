// Writes docs/reference/states.md from the reducer itself: every event is applied to every state, and what changes is told.
// A test holds the page fresh.
import { writeFile } from 'node:fs/promises';
import { statesPage } from './reference/states-page.ts';

await writeFile(new URL('../docs/reference/states.md', import.meta.url), statesPage());

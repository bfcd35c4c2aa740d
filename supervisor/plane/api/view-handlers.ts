// The views rebuilt from the journal, on demand.
import type { Handler } from './context.ts';
import { json, refuse } from './problem-response.ts';

export const rebuildViews: Handler = async ({ rebuild, note }, { actor }) => {
  const rebuilt = await rebuild.rebuild((event) => {
    note(event, actor);
  });
  if (rebuilt.kind === 'rebuilt') return json(rebuilt.report);
  return refuse('journal-unavailable', `The views cannot be rebuilt: ${rebuilt.reason}.`);
};

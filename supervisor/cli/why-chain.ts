// From a service that waits down to the one that it all begins with: each step is a sentence.
import type { ServiceView } from '../wire/service-view.ts';

/** A chain is told this far; whoever wants more asks for its last service. */
const MOST_STEPS = 6;

type Unmet = ServiceView['waiting_for'][number];

/** First what it needs itself, then what that needs, to those that wait for nobody; each service once. */
export function describeChain(view: ServiceView, all: readonly ServiceView[]): readonly string[] {
  const byName = new Map(all.map((service) => [service.name, service]));
  const told = new Set([view.name]);
  const sentences: string[] = [];
  const roots: Unmet[] = [];
  let level: readonly ServiceView[] = [view];
  while (level.length > 0 && sentences.length < MOST_STEPS) {
    const next: ServiceView[] = [];
    for (const waiting of level) {
      for (const unmet of waiting.waiting_for) {
        sentences.push(
          describeNeed(waiting === view ? 'It' : waiting.name, unmet, byName.get(unmet.service)),
        );
        if (told.has(unmet.service)) continue;
        told.add(unmet.service);
        const needed = byName.get(unmet.service);
        if (needed !== undefined && needed.waiting_for.length > 0) next.push(needed);
        else roots.push(unmet);
      }
    }
    level = next;
  }
  return [...sentences.slice(0, MOST_STEPS), ...describeRoots(view, roots)];
}

function describeNeed(
  who: string,
  { service, condition, state }: Unmet,
  needed: ServiceView | undefined,
): string {
  // What it waits for gets a sentence of its own.
  const note = needed === undefined || needed.waiting_for.length > 0 ? '' : needed.note;
  return `${who} needs ${service} (${condition}), which is ${state}${note === '' ? '' : ` (${note})`}.`;
}

function describeRoots({ name }: ServiceView, roots: readonly Unmet[]): readonly string[] {
  const blocked = roots.filter(({ verdict }) => verdict === 'blocked');
  const [first] = blocked;
  if (first === undefined) return [];
  const others = blocked.slice(1).map(({ service }) => service);
  const also = others.length === 0 ? '' : ` (and ${others.slice(0, 3).join(', ')})`;
  const advice =
    first.state === 'stopped'
      ? `\`bosunctl start ${first.service}\``
      : `\`bosunctl why ${first.service}\`, then \`bosunctl start ${name}\``;
  return [`Nothing will change by itself: it all waits for ${first.service}${also}. See ${advice}.`];
}

// What the processes of each service use, as lines of a scrape.
import { sample, label, type Exposition } from './exposition.ts';
import { FAMILIES, type MetricFamily } from './families.ts';
import type { TreeSample } from './process-sampler.ts';
import { perService, type Labelled } from './service-metrics.ts';

/** Those that are there also when no socket is in them. */
const STATES_FROM_ZERO = ['established', 'listen'] as const;

export function writeTrees(to: Exposition, trees: readonly Labelled<TreeSample>[]): void {
  writePair(to, FAMILIES.cpu, trees, 'mode', ({ used }) => ({
    user: used.userSeconds,
    system: used.systemSeconds,
  }));
  const living = trees.filter(({ of }) => of.processes > 0);
  perService(to, FAMILIES.residentMemory, living, (tree) => tree.residentBytes);
  perService(to, FAMILIES.proportionalMemory, living, (tree) => tree.proportionalBytes);
  perService(to, FAMILIES.openFds, living, (tree) => tree.openFds);
  perService(to, FAMILIES.highestOpenFds, living, (tree) => tree.mostOpenFds);
  perService(to, FAMILIES.maxFds, living, (tree) => tree.maxFds);
  perService(to, FAMILIES.threads, living, (tree) => tree.threads);
  perService(to, FAMILIES.processes, trees, (tree) => tree.processes);
  writeConnections(to, living);
  writePair(to, FAMILIES.io, trees, 'direction', ({ used, io }) =>
    io === 'hidden' && used.readBytes + used.writtenBytes === 0
      ? {}
      : { read: used.readBytes, write: used.writtenBytes },
  );
}

function writePair(
  to: Exposition,
  family: MetricFamily,
  trees: readonly Labelled<TreeSample>[],
  name: string,
  values: (tree: TreeSample) => Readonly<Record<string, number>>,
): void {
  let lines = '';
  for (const { labels, of } of trees)
    for (const [value, number] of Object.entries(values(of)))
      lines += sample(family.name, `${labels},${label(name, value)}`, number);
  to.family(family, lines);
}

function writeConnections(to: Exposition, trees: readonly Labelled<TreeSample>[]): void {
  const family = FAMILIES.connections;
  let lines = '';
  for (const { labels, of } of trees) {
    const states = new Set([...STATES_FROM_ZERO, ...of.connections.keys()]);
    for (const state of states)
      lines += sample(family.name, `${labels},${label('state', state)}`, of.connections.get(state) ?? 0);
  }
  to.family(family, lines);
}

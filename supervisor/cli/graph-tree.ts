// The dependency graph as a tree for the terminal, within its width: from what nobody needs down to what it needs.
import { CONDITION_WORDS, type GraphEdge, type GraphNode, type ServiceGraph } from './graph-model.ts';
import { STYLES } from './status-table.ts';
import type { Terminal } from './terminal.ts';

type Signs = {
  readonly inner: string;
  readonly last: string;
  readonly passing: string;
  readonly nothing: string;
};

const UNICODE: Signs = { inner: '├─ ', last: '└─ ', passing: '│  ', nothing: '   ' };
const ASCII: Signs = { inner: '|- ', last: '`- ', passing: '|  ', nothing: '   ' };

/** What has been shown is not unfolded again. */
class Tree {
  readonly lines: string[] = [];
  readonly #terminal: Terminal;
  readonly #signs: Signs;
  readonly #states: ReadonlyMap<string, GraphNode['state']>;
  readonly #needs: ReadonlyMap<string, readonly GraphEdge[]>;
  readonly #unfolded = new Set<string>();

  constructor({ nodes, edges }: ServiceGraph, terminal: Terminal) {
    this.#terminal = terminal;
    this.#signs = terminal.charset === 'unicode' ? UNICODE : ASCII;
    this.#states = new Map(nodes.map(({ name, state }) => [name, state]));
    this.#needs = Map.groupBy(edges, ({ from }) => from);
  }

  /** `lead`: what stands before the branches of this level. */
  add(name: string, branch: string, lead: string, edge?: GraphEdge): void {
    const needs = this.#needs.get(name) ?? [];
    const again = this.#unfolded.has(name) && needs.length > 0;
    this.lines.push(this.#line(name, branch, describeEdge(edge) + (again ? ', see above' : '')));
    if (again) return;
    this.#unfolded.add(name);
    for (const [index, need] of needs.entries()) {
      const last = index === needs.length - 1;
      const { inner, last: end, passing, nothing } = this.#signs;
      this.add(need.to, `${lead}${last ? end : inner}`, `${lead}${last ? nothing : passing}`, need);
    }
  }

  /** A name that does not fit is cut; the state and the condition are not. */
  #line(name: string, branch: string, rest: string): string {
    const { columns } = this.#terminal;
    const state = this.#states.get(name) ?? 'missing';
    const room = columns - branch.length - ` (${state})${rest}`.length;
    // A tree may be deeper than the terminal is wide; then nothing is left to cut.
    const shown = name.length <= room ? name : `${name.slice(0, Math.max(8, room) - 3)}...`;
    const painted = state === 'missing' ? state : this.#terminal.paint(STYLES[state], state);
    return `${branch}${shown} (${painted})${rest}\n`;
  }
}

function describeEdge(edge: GraphEdge | undefined): string {
  if (edge === undefined) return '';
  const optional = edge.required ? '' : ', optional';
  return edge.condition === 'service_healthy'
    ? optional
    : `, when ${CONDITION_WORDS[edge.condition]}${optional}`;
}

export function drawTree(graph: ServiceGraph, terminal: Terminal): string {
  const needed = new Set(graph.edges.map(({ to }) => to));
  const tree = new Tree(graph, terminal);
  for (const { name } of graph.nodes) if (!needed.has(name)) tree.add(name, '', '');
  return graph.nodes.length === 0 ? 'There are no services.\n' : tree.lines.join('');
}

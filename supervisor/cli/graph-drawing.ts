// The dependency graph as a tree for the terminal, and in the languages of Graphviz and Mermaid.
import type { ServiceView } from '../wire/service-view.ts';

type Draw = (services: readonly ServiceView[]) => string;

type Edge = {
  readonly from: string;
  readonly to: string;
  readonly condition: string;
  readonly required: boolean;
};

export function edgesOf(services: readonly ServiceView[]): readonly Edge[] {
  return services.flatMap(({ name, depends_on: dependsOn }) =>
    dependsOn.map(({ service, condition, required }) => ({ from: name, to: service, condition, required })),
  );
}

/** From those that nobody needs down to what they need; what has been shown is not unfolded again. */
class Tree {
  readonly lines: string[] = [];
  readonly #services: ReadonlyMap<string, ServiceView>;
  readonly #unfolded = new Set<string>();

  constructor(services: readonly ServiceView[]) {
    this.#services = new Map(services.map((service) => [service.name, service]));
  }

  /** `lead`: what stands before the branches of this level. */
  add(name: string, branch: string, lead: string): void {
    const service = this.#services.get(name);
    const needs = service?.depends_on ?? [];
    const again = this.#unfolded.has(name) && needs.length > 0;
    this.lines.push(`${branch}${name} (${service?.state ?? 'missing'})${again ? ', see above' : ''}\n`);
    if (again) return;
    this.#unfolded.add(name);
    for (const [index, need] of needs.entries()) {
      const last = index === needs.length - 1;
      this.add(need.service, `${lead}${last ? '└─ ' : '├─ '}`, `${lead}${last ? '   ' : '│  '}`);
    }
  }
}

function drawTree(services: readonly ServiceView[]): string {
  const needed = new Set(edgesOf(services).map((edge) => edge.to));
  const tree = new Tree(services);
  for (const { name } of services) if (!needed.has(name)) tree.add(name, '', '');
  return tree.lines.join('');
}

function drawDot(services: readonly ServiceView[]): string {
  const nodes = services.map(({ name, state }) => `  "${name}" [label="${name}\\n${state}"];\n`);
  const edges = edgesOf(services).map(
    ({ from, to, condition, required }) =>
      `  "${from}" -> "${to}" [label="${condition}"${required ? '' : ', style=dashed'}];\n`,
  );
  return `digraph services {\n${nodes.join('')}${edges.join('')}}\n`;
}

/** Mermaid has words that may not be ids, so the names are labels of numbers. */
function drawMermaid(services: readonly ServiceView[]): string {
  const ids = new Map(services.map(({ name }, index) => [name, `s${index}`]));
  const nodes = services.map(({ name, state }, index) => `  s${index}["${name} (${state})"]\n`);
  const edges = edgesOf(services).map(({ from, to, condition, required }) => {
    const arrow = required ? '-->' : '-.->';
    return `  ${ids.get(from) ?? from} ${arrow}|${condition}| ${ids.get(to) ?? to}\n`;
  });
  return `graph TD\n${nodes.join('')}${edges.join('')}`;
}

export const DRAWINGS: ReadonlyMap<string, Draw> = new Map([
  ['tree', drawTree],
  ['dot', drawDot],
  ['mermaid', drawMermaid],
]);

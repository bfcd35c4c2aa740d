// `bosunctl graph`: who needs whom.
import type { ServiceView } from '../../wire/service-view.ts';
import { printJson, textOption, UsageError, type CliCommand } from '../command.ts';
import { EXIT } from '../exit-code.ts';

type Draw = (services: readonly ServiceView[]) => string;

export const command: CliCommand = {
  name: 'graph',
  words: '',
  summary: 'Draw which service needs which',
  example: 'bosunctl graph --format dot | dot -Tsvg > graph.svg',
  options: [{ flags: '--format <format>', help: 'tree, dot or mermaid', default: 'tree' }],
  run: async ({ terminal, client }, input) => {
    const draw = DRAWINGS.get(textOption(input, 'format') ?? 'tree');
    if (draw === undefined) throw new UsageError('--format takes tree, dot or mermaid');
    const { services } = await client().services();
    if (input.json) await printJson(terminal, edgesOf(services));
    else await terminal.print(draw(services));
    return EXIT.done;
  },
};

type Edge = {
  readonly from: string;
  readonly to: string;
  readonly condition: string;
  readonly required: boolean;
};

function edgesOf(services: readonly ServiceView[]): readonly Edge[] {
  return services.flatMap(({ name, depends_on: dependsOn }) =>
    dependsOn.map(({ service, condition, required }) => ({ from: name, to: service, condition, required })),
  );
}

/** From those that nobody needs down to what they need; what has been shown is not unfolded again. */
const drawTree: Draw = (services) => {
  const byName = new Map(services.map((service) => [service.name, service]));
  const needed = new Set(edgesOf(services).map((edge) => edge.to));
  const shown = new Set<string>();
  const lines: string[] = [];
  const visit = (name: string, lead: string, branch: string): void => {
    const service = byName.get(name);
    const again = shown.has(name) && (service?.depends_on.length ?? 0) > 0;
    lines.push(`${lead}${branch}${name} (${service?.state ?? 'missing'})${again ? ', see above' : ''}`);
    if (again || service === undefined) return;
    shown.add(name);
    const below = branch === '' ? '' : lead + (branch.startsWith('└') ? '   ' : '│  ');
    for (const [index, { service: next }] of service.depends_on.entries()) {
      visit(next, below, index === service.depends_on.length - 1 ? '└─ ' : '├─ ');
    }
  };
  for (const { name } of services) if (!needed.has(name)) visit(name, '', '');
  return lines.map((line) => `${line}\n`).join('');
};

const drawDot: Draw = (services) => {
  const nodes = services.map(({ name, state }) => `  "${name}" [label="${name}\\n${state}"];\n`);
  const edges = edgesOf(services).map(
    ({ from, to, condition, required }) =>
      `  "${from}" -> "${to}" [label="${condition}"${required ? '' : ', style=dashed'}];\n`,
  );
  return `digraph services {\n${nodes.join('')}${edges.join('')}}\n`;
};

/** Mermaid's ids may not have a hyphen followed by certain words, so the names are labels of numbers. */
const drawMermaid: Draw = (services) => {
  const idOf = new Map(services.map(({ name }, index) => [name, `s${index}`]));
  const nodes = services.map(({ name, state }) => `  ${idOf.get(name) ?? name}["${name} (${state})"]\n`);
  const edges = edgesOf(services).flatMap(({ from, to, condition, required }) => {
    const [a, b] = [idOf.get(from), idOf.get(to)];
    return a === undefined || b === undefined
      ? []
      : [`  ${a} ${required ? '-->' : '-.->'}|${condition}| ${b}\n`];
  });
  return `graph TD\n${nodes.join('')}${edges.join('')}`;
};

const DRAWINGS: ReadonlyMap<string, Draw> = new Map([
  ['tree', drawTree],
  ['dot', drawDot],
  ['mermaid', drawMermaid],
]);

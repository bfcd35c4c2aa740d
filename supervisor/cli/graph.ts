// `bosunctl graph`: who needs whom.
import { printJson, textOption, UsageError, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { drawDot, drawMermaid } from './graph-languages.ts';
import { graphOf, type ServiceGraph } from './graph-model.ts';
import { drawGraph } from './graph-svg.ts';
import { drawTree } from './graph-tree.ts';
import { writeOutput } from './output-file.ts';
import type { Terminal } from './terminal.ts';

const DRAWINGS: ReadonlyMap<string, (graph: ServiceGraph, terminal: Terminal) => string> = new Map([
  ['tree', drawTree],
  ['dot', drawDot],
  ['mermaid', drawMermaid],
  ['svg', drawGraph],
]);

export const command: CliCommand = {
  name: 'graph',
  words: '',
  summary: 'Draw which service needs which, and how each of them is',
  example: 'bosunctl graph --format svg --output services.svg',
  options: [
    {
      flags: '--format <format>',
      help: 'tree, dot, mermaid or svg',
      default: 'tree',
      choices: [...DRAWINGS.keys()],
    },
    { flags: '--output <file>', help: 'write it to this file' },
  ],
  details: `The tree begins with what nobody needs; below each service stands what it needs, with the condition where that is not
\`service_healthy\`. What has been shown is not unfolded again. The other formats are for Graphviz (\`bosunctl graph --format dot |
dot -Tsvg > graph.svg\`), for Markdown pages, and a picture that needs no other program. With \`--json\` it is the list of edges.`,
  run: async ({ terminal, client }, input) => {
    const draw = DRAWINGS.get(textOption(input, 'format') ?? 'tree');
    if (draw === undefined) throw new UsageError('--format takes tree, dot, mermaid or svg');
    const graph = graphOf((await client().services()).services);
    const file = textOption(input, 'output');
    if (input.json) await printJson(terminal, graph.edges);
    else if (file === undefined) await terminal.print(draw(graph, terminal));
    else await writeOutput(terminal, file, draw(graph, { ...terminal, paint: (_style, text) => text }));
    return EXIT.done;
  },
};

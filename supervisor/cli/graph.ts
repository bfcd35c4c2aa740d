// `bosunctl graph`: who needs whom.
import { printJson, textOption, UsageError, type CliCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { DRAWINGS, edgesOf } from './graph-drawing.ts';

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

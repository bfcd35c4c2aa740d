// `bosunctl top`: the services as they are, on the whole terminal, until a key ends it.
import type { BosunClient } from '../client/bosun-client.ts';
import type { ServicesView } from '../wire/service-view.ts';
import { printJson, textOption, UsageError, type CliCommand, type CommandInput } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { LiveScreen } from './live-screen.ts';
import { followServices } from './live-services.ts';
import { shorten } from './status-table.ts';
import type { Terminal } from './terminal.ts';
import { countStates, SORT_KEYS, sortServices, topLines, type Sorting, type SortKey } from './top-table.ts';

const SORT_NAMES = [...SORT_KEYS.values()];

export const command: CliCommand = {
  name: 'top',
  words: '',
  summary: 'Show the services as they change, on the whole terminal',
  example: 'bosunctl top --sort restarts',
  options: [{ flags: '--sort <key>', help: SORT_NAMES.join(', '), default: 'state', choices: SORT_NAMES }],
  details: `Drawn anew after each event, and every second for the times. The keys ${keyNames()} sort by name, state (what needs
somebody first), pid, restarts, uptime and last change; the same key again turns the order round. The arrows and the page keys move
through what does not fit, \`q\` and Ctrl-C end it. When standard output is not a terminal the table is printed once.`,
  run: async ({ terminal, client }, input) => {
    const sorting: Sorting = { key: sortOption(input), order: 'usual' };
    const bosun = client();
    if (input.json) await printJson(terminal, sorted(await bosun.services(), sorting));
    else {
      // Whether Bosun answers at all is known before the screen is taken.
      const view = await bosun.services();
      using screen = terminal.openScreen();
      if (screen === undefined) await printOnce(view, terminal, sorting);
      else return await new Top(screen, terminal, sorting).run(bosun);
    }
    return EXIT.done;
  },
};

function keyNames(): string {
  return [...SORT_KEYS.keys()].map((key) => `\`${key}\``).join(' ');
}

function sortOption(input: CommandInput): SortKey {
  const text = textOption(input, 'sort');
  const key = SORT_NAMES.find((name) => name === text);
  if (key === undefined) throw new UsageError(`--sort takes one of ${SORT_NAMES.join(', ')}`);
  return key;
}

function sorted(view: ServicesView, sorting: Sorting): ServicesView {
  return { ...view, services: [...sortServices(view.services, sorting)] };
}

async function printOnce({ services }: ServicesView, terminal: Terminal, sorting: Sorting): Promise<void> {
  const { columns } = terminal;
  const lines = topLines(sortServices(services, sorting), terminal, { columns, nowMs: Date.now() });
  await terminal.print(`${lines.join('\n')}\n`);
}

/** Three lines that are not services: the counts, the heads of the columns, the keys. */
const FRAME_ROWS = 3;

class Top {
  readonly #screen: LiveScreen;
  readonly #terminal: Terminal;
  readonly #leaving = new AbortController();
  #sorting: Sorting;
  #first = 0;
  #view: ServicesView | undefined;

  constructor(screen: LiveScreen, terminal: Terminal, sorting: Sorting) {
    this.#screen = screen;
    this.#terminal = terminal;
    this.#sorting = sorting;
    screen.onResize(() => {
      this.#draw();
    });
    screen.onKey((key) => {
      this.#press(key);
    });
  }

  async run(client: BosunClient): Promise<ExitCode> {
    await followServices(client, this.#leaving.signal, (view) => {
      this.#view = view;
      this.#draw();
    });
    return EXIT.done;
  }

  #press(key: string): void {
    if (key === 'q' || key === 'interrupt') {
      this.#leaving.abort();
      return;
    }
    const sortKey = SORT_KEYS.get(key);
    if (sortKey !== undefined) this.#sortBy(sortKey);
    this.#first += SCROLL[key]?.(this.#room) ?? 0;
    this.#draw();
  }

  #sortBy(key: SortKey): void {
    const turn = this.#sorting.key === key && this.#sorting.order === 'usual';
    this.#sorting = { key, order: turn ? 'reverse' : 'usual' };
    this.#first = 0;
  }

  get #room(): number {
    return Math.max(1, this.#screen.rows - FRAME_ROWS);
  }

  #draw(): void {
    if (this.#view === undefined) return;
    const { services } = this.#view;
    const { columns } = this.#screen;
    this.#first = Math.max(0, Math.min(this.#first, services.length - this.#room));
    const all = sortServices(services, this.#sorting);
    const [head = '', ...lines] = topLines(all, this.#terminal, { columns, nowMs: Date.now() });
    const shown = lines.slice(this.#first, this.#first + this.#room);
    const filler = Array.from({ length: this.#room - shown.length }, () => '');
    const top = shorten(countStates(this.#view), columns);
    this.#screen.draw([top, head, ...shown, ...filler, this.#foot(services.length, columns)]);
  }

  #foot(total: number, columns: number): string {
    const { key, order } = this.#sorting;
    const keys = [...SORT_KEYS].map(([letter, name]) => `${letter} ${name}`).join('  ');
    const place =
      total > this.#room
        ? `  ${this.#first + 1}-${Math.min(total, this.#first + this.#room)} of ${total}`
        : '';
    const text = `by ${key}${order === 'reverse' ? ', reversed' : ''}:  ${keys}  q quit${place}`;
    return this.#terminal.paint('dim', shorten(text, columns));
  }
}

const SCROLL: Readonly<Record<string, (room: number) => number>> = {
  up: () => -1,
  down: () => 1,
  'page-up': (room) => -room,
  'page-down': (room) => room,
};

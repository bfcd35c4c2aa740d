// `bosunctl status --watch`: the table drawn anew after each change; where there is no terminal, printed again.
import type { BosunClient } from '../client/bosun-client.ts';
import type { ServicesView } from '../wire/service-view.ts';
import type { CommandContext } from './command.ts';
import type { LiveScreen } from './live-screen.ts';
import { followServices } from './live-services.ts';
import type { Terminal } from './terminal.ts';

/** The text for so many columns, each line with its end. */
export type Render = (view: ServicesView, terminal: Terminal) => string;

/** Returns when the user ends it, or Bosun has ended. */
export async function watchServices(
  { terminal, client }: Pick<CommandContext, 'terminal' | 'client'>,
  form: 'text' | 'json',
  render: Render,
): Promise<void> {
  const bosun = client();
  // Whether Bosun answers at all is known before the screen is taken.
  await bosun.services();
  using screen = form === 'json' ? undefined : terminal.openScreen();
  if (screen !== undefined)
    await draw(bosun, screen, (view) => render(view, { ...terminal, columns: screen.columns }));
  else if (form === 'json') await printEach(bosun, terminal, (view) => `${JSON.stringify(view)}\n`);
  else await printEach(bosun, terminal, (view) => `${render(view, terminal)}\n`);
}

async function draw(
  client: BosunClient,
  screen: LiveScreen,
  render: (view: ServicesView) => string,
): Promise<void> {
  const leaving = new AbortController();
  let last: ServicesView | undefined;
  const drawLast = (): void => {
    if (last !== undefined) screen.draw(render(last).trimEnd().split('\n'));
  };
  screen.onResize(drawLast);
  screen.onKey((key) => {
    if (key === 'q' || key === 'interrupt') leaving.abort();
  });
  await followServices(client, leaving.signal, (view) => {
    last = view;
    drawLast();
  });
}

/** That time goes by is no change to whoever reads lines. */
async function printEach(
  client: BosunClient,
  terminal: Terminal,
  write: (view: ServicesView) => string,
): Promise<void> {
  let printedId = -1;
  await followServices(client, new AbortController().signal, async (view) => {
    if (view.last_event_id === printedId) return;
    printedId = view.last_event_id;
    await terminal.print(write(view));
  });
}

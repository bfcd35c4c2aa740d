// `bosunctl config`: the settings of the application inside of a service, read, changed and watched while it runs.
import type { BosunClient } from '../client/bosun-client.ts';
import type { ApplicationView, SettingValue } from '../wire/application-view.ts';
import { parseSetting } from '../wire/setting-text.ts';
import { didYouMean } from '../core/suggestion.ts';
import { firstWord, printJson, UsageError, type CliCommand, type CommandGroup } from './command.ts';
import { EXIT } from './exit-code.ts';
import { renderNews } from './setting-news.ts';
import { renderChanges, renderSettings } from './setting-table.ts';

const get: CliCommand = {
  name: 'get',
  words: '<service> [key...]',
  summary: 'Show the settings of the application inside',
  example: 'bosunctl config get sut-backend rate_limit.requests_per_second',
  options: [],
  details: `A value is shown as \`config set\` takes it. Without keys all settings are shown, each on a line that fits the terminal; with keys
those alone, and whole. A value that looks like a secret is masked (\`***\`); \`--json\` names such keys under \`masked\`.`,
  run: async ({ terminal, client }, input) => {
    const view = chosen(await client().applications.settings(firstWord(input)), input.words.slice(1));
    if (input.json) await printJson(terminal, view);
    else await terminal.print(renderSettings(view, terminal, input.words.length > 1 ? 'whole' : 'fitting'));
    return EXIT.done;
  },
};

const set: CliCommand = {
  name: 'set',
  words: '<service> <assignment...>',
  summary: 'Change settings of the application, all of them or none',
  example: 'bosunctl config set sut-backend rate_limit.requests_per_second=50 feature.beta=true',
  options: [],
  details: `Each assignment is \`KEY=VALUE\`. A value that is a JSON scalar is one (\`50\`, \`true\`, \`null\`, \`"50"\`), everything else is text; a
number that cannot be held exactly is text too. Several are one change. What the application refuses is told by key, and nothing is
changed then. Every change, and every one that failed, is an event with who, what it was and what it is.`,
  run: async ({ terminal, client }, input) => {
    const values = assignments(input.words.slice(1));
    const view = await client().applications.change(firstWord(input), values);
    if (input.json) await printJson(terminal, view);
    else await terminal.print(renderChanges(view, terminal));
    return EXIT.done;
  },
};

const watch: CliCommand = {
  name: 'watch',
  words: '<service> [key...]',
  summary: 'Show the settings, then each change, whoever makes it',
  example: 'bosunctl config watch sut-backend',
  options: [],
  details: `First all settings, \`KEY = VALUE\`, then a line for each that changes. It goes on while the application is away, which it says on
standard error, and over a restart of the control plane. It ends with Bosun, or by Ctrl-C. With \`--json\` each line is one object with a
\`kind\`: \`values\`, \`change\`, \`reset\`, \`away\` or \`back\`.`,
  run: async ({ terminal, client }, input) => {
    const keys = input.words.slice(1);
    await follow(client(), firstWord(input), async (news) => {
      const wanted = news.kind === 'values' ? { ...news, settings: chosen(news.settings, keys) } : news;
      const { output, remark } = renderNews(wanted, keys, input.json);
      if (remark !== '') terminal.complain(remark);
      if (output !== '') await terminal.print(output);
    });
    return EXIT.done;
  },
};

export const command: CommandGroup = {
  name: 'config',
  summary: 'Show, change and watch the settings of the application inside of a service',
  subcommands: [get, set, watch],
};

type News = Parameters<typeof renderNews>[0];

async function follow(
  client: BosunClient,
  service: string,
  show: (news: News) => Promise<void>,
): Promise<void> {
  for await (const news of client.applications.watch(service)) await show(news);
}

/** Of these keys; of all when none is named. */
function chosen(view: ApplicationView, keys: readonly string[]): ApplicationView {
  if (keys.length === 0) return view;
  const missing = keys.find((key) => !Object.hasOwn(view.values, key));
  if (missing !== undefined) {
    const meant = didYouMean(missing, Object.keys(view.values));
    const all = `\`bosunctl config get ${view.service}\` shows all`;
    throw new UsageError(
      `${view.service} has no setting ${JSON.stringify(missing)}. ${meant}${all}`.trimEnd(),
    );
  }
  const values = Object.fromEntries(keys.map((key) => [key, view.values[key] ?? null]));
  return { ...view, values, masked: view.masked.filter((key) => keys.includes(key)) };
}

function assignments(words: readonly string[]): Readonly<Record<string, SettingValue>> {
  const values = new Map<string, SettingValue>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new UsageError(`${JSON.stringify(word)} is not KEY=VALUE`);
    const key = word.slice(0, at);
    if (values.has(key)) throw new UsageError(`${key} is given twice`);
    values.set(key, parseSetting(word.slice(at + 1)));
  }
  return Object.fromEntries(values);
}

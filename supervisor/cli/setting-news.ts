// A line for each thing that becomes of an application's settings, for people or as NDJSON.
import type { ApplicationNews } from '../client/application-stream.ts';
import type { ApplicationView, SettingChangeView } from '../wire/application-view.ts';
import { writeSetting } from '../wire/setting-text.ts';
import { foldLine } from './fold.ts';
import { renderChange } from './setting-table.ts';

/** `remark`: for standard error. */
export type RenderedNews = { readonly output: string; readonly remark: string };

/** `keys`: only these; all when there is none. */
export function renderNews(news: ApplicationNews, keys: readonly string[], json: boolean): RenderedNews {
  const wanted = narrowed(news, keys);
  if (wanted === undefined) return { output: '', remark: '' };
  if (json) return { output: `${JSON.stringify(flat(wanted))}\n`, remark: '' };
  switch (wanted.kind) {
    case 'values':
      return { output: renderAll(wanted.settings), remark: '' };
    case 'reset':
      return {
        output: renderAll(wanted.settings),
        remark: foldLine(
          `bosunctl: the revision has gone back to ${wanted.settings.revision}; this is what there is now`,
        ),
      };
    case 'change':
      return { output: renderEach(wanted.change), remark: '' };
    case 'away':
      return { output: '', remark: foldLine(`bosunctl: ${wanted.away.service}: ${wanted.away.reason}`) };
    case 'back':
      return { output: '', remark: foldLine(`bosunctl: ${wanted.back.service} answers again`) };
  }
}

type Change = Extract<ApplicationNews, { kind: 'change' }>['change'];

/** Undefined: nothing of it is asked for. */
function narrowed(news: ApplicationNews, keys: readonly string[]): ApplicationNews | undefined {
  if (keys.length === 0) return news;
  if (news.kind === 'reset') {
    const values = Object.entries(news.settings.values).filter(([key]) => keys.includes(key));
    return { ...news, settings: { ...news.settings, values: Object.fromEntries(values) } };
  }
  if (news.kind !== 'change') return news;
  const changes = news.change.changes.filter(({ key }) => keys.includes(key));
  return changes.length === 0 ? undefined : { ...news, change: { ...news.change, changes } };
}

function flat(news: ApplicationNews): object {
  switch (news.kind) {
    case 'values':
    case 'reset':
      return { kind: news.kind, ...news.settings };
    case 'change':
      return { kind: news.kind, ...news.change };
    case 'away':
      return { kind: news.kind, ...news.away };
    case 'back':
      return { kind: news.kind, ...news.back };
  }
}

function renderAll({ values }: ApplicationView): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} = ${writeSetting(value)}\n`)
    .join('');
}

function renderEach({ revision, changes }: Change): string {
  return changes
    .map((change: SettingChangeView) => `${renderChange(change)} (revision ${revision})\n`)
    .join('');
}

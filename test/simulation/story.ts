// A schedule told as a story: each input, what it led to, and what was done. For who has to understand a broken promise.
import type { Step } from './world.ts';

export function tellStep({ input, events, effects, nowMs }: Step): string {
  const lines = [
    `${nowMs} ms  ${brief(input)}`,
    ...events.map((event) => `          . ${brief(event)}`),
    ...effects.map((effect) => `          > ${brief(effect)}`),
  ];
  return lines.join('\n');
}

const SHOWN_CHARACTERS = 160;

function brief(value: { readonly type: string }): string {
  const { type, ...rest } = value;
  return `${type} ${JSON.stringify(rest).slice(0, SHOWN_CHARACTERS)}`;
}

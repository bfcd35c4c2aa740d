// The dependency graph in the languages of Graphviz and Mermaid. Every name is quoted: both have words that are no names.
import { CONDITION_WORDS, MOODS, type Mood, type ServiceGraph } from './graph-model.ts';

const DOT_COLORS: Readonly<Record<Mood, string>> = {
  good: '#2da44e',
  changing: '#bf8700',
  bad: '#cf222e',
  idle: '#8c959f',
};

export function drawDot({ nodes, edges }: ServiceGraph): string {
  const nodeLines = nodes.map(({ name, state }) => {
    const label = `${quoteDot(name).slice(0, -1)}\\n${state}"`;
    return `  ${quoteDot(name)} [label=${label}, color="${DOT_COLORS[MOODS[state]]}"];\n`;
  });
  const edgeLines = edges.map(({ from, to, condition, required }) => {
    const style = required ? '' : ', style=dashed';
    return `  ${quoteDot(from)} -> ${quoteDot(to)} [label="${CONDITION_WORDS[condition]}"${style}];\n`;
  });
  const head = 'digraph services {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n';
  return `${head}${nodeLines.join('')}${edgeLines.join('')}}\n`;
}

/** A double-quoted string of the DOT language; a backslash in a label would begin an escape of its own. */
export function quoteDot(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

const MERMAID_CLASSES: Readonly<Record<Mood, string>> = {
  good: 'stroke:#2da44e,stroke-width:2px',
  changing: 'stroke:#bf8700,stroke-width:2px',
  bad: 'stroke:#cf222e,stroke-width:3px',
  idle: 'stroke:#8c959f,stroke-dasharray:4 3',
};

/** The names are labels of numbers: a word such as `end` may not be an id. */
export function drawMermaid({ nodes, edges }: ServiceGraph): string {
  const ids = new Map(nodes.map(({ name }, index) => [name, `s${index}`]));
  const nodeLines = nodes.map(
    ({ name, state }, index) => `  s${index}["${escapeMermaid(name)} (${state})"]:::${MOODS[state]}\n`,
  );
  const edgeLines = edges.map(({ from, to, condition, required }) => {
    const arrow = required ? '-->' : '-.->';
    return `  ${ids.get(from) ?? ''} ${arrow}|${CONDITION_WORDS[condition]}| ${ids.get(to) ?? ''}\n`;
  });
  const used = new Set(nodes.map(({ state }) => MOODS[state]));
  const classLines = [...used].map((mood) => `  classDef ${mood} ${MERMAID_CLASSES[mood]}\n`);
  return `graph LR\n${nodeLines.join('')}${edgeLines.join('')}${classLines.join('')}`;
}

/** Mermaid's own entity codes; nothing else escapes inside a quoted label. */
export function escapeMermaid(text: string): string {
  return text.replaceAll(/[^\w ./:@-]/g, (character) => `#${character.codePointAt(0) ?? 32};`);
}

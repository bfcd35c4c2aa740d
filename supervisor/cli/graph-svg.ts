// The dependency graph as a picture: what is needed on the left, what needs it on the right, as the boot goes.
import { layOut, type PlacedEdge, type Position } from './graph-layout.ts';
import { CONDITION_WORDS, MOODS, type GraphNode, type ServiceGraph } from './graph-model.ts';
import { pixels, svgDocument, svgElement, svgHint, svgText } from './svg-document.ts';

const MARGIN = 16;
const LETTER = 8;
const NODE_HEIGHT = 40;
const SLOT = 60;
/** Between two layers, for the edges and their labels. */
const GAP = 110;

const STYLE = `
  .node { fill: #8c959f; fill-opacity: 0.12; stroke-width: 1.5; }
  .good { stroke: #2da44e; }
  .changing { stroke: #bf8700; }
  .bad { stroke: #d1483f; stroke-width: 2.5; }
  .idle { stroke: #8c959f; stroke-dasharray: 4 3; }
  .optional { stroke-dasharray: 5 4; }
  .head { fill: #8c959f; }`;

type Frame = {
  readonly nodeWidth: number;
  readonly left: (position: Position) => number;
  readonly middle: (position: Position) => number;
};

export function drawGraph(graph: ServiceGraph): string {
  const layout = layOut(graph);
  const longest = Math.max(8, ...graph.nodes.map(({ name }) => name.length));
  const nodeWidth = longest * LETTER + 24;
  const frame: Frame = {
    nodeWidth,
    left: ({ layer }) => MARGIN + layer * (nodeWidth + GAP),
    middle: ({ slot }) => pixels(MARGIN + slot * SLOT + NODE_HEIGHT / 2),
  };
  return svgDocument({
    width: MARGIN * 2 + layout.layers * (nodeWidth + GAP) - GAP,
    height: MARGIN * 2 + Math.max(1, layout.slots) * SLOT - (SLOT - NODE_HEIGHT),
    title: `${graph.nodes.length} services and what they need`,
    style: STYLE,
    body: [
      ...layout.edges.flatMap((edge) => drawEdge(edge, frame)),
      ...graph.nodes.flatMap((node) => drawNode(node, layout.positions.get(node.name), frame)),
    ],
  });
}

function drawNode(
  { name, state }: GraphNode,
  position: Position | undefined,
  frame: Frame,
): readonly string[] {
  if (position === undefined) return [];
  const x = frame.left(position);
  const y = frame.middle(position) - NODE_HEIGHT / 2;
  const center = x + frame.nodeWidth / 2;
  const box = { class: `node ${MOODS[state]}`, x, y, width: frame.nodeWidth, height: NODE_HEIGHT, rx: 6 };
  return [
    svgElement('rect', box, svgHint(`${name} is ${state}`)),
    svgText(center, y + 17, name, 'middle'),
    svgText(center, y + 32, state, 'small faint middle'),
  ];
}

/** From the right of what is needed, past the nodes of the layers between, to an arrow at what needs it. */
function drawEdge({ edge, points }: PlacedEdge, frame: Frame): readonly string[] {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return [];
  let path = `M${frame.left(first) + frame.nodeWidth} ${frame.middle(first)}`;
  let y = frame.middle(first);
  for (const point of rest) {
    const nextX = frame.left(point);
    const nextY = frame.middle(point);
    const half = pixels(nextX - GAP / 2);
    path += ` C${half} ${y} ${half} ${nextY} ${nextX} ${nextY}`;
    if (point !== last) path += ` H${nextX + frame.nodeWidth}`;
    y = nextY;
  }
  const endX = frame.left(last);
  const hint = svgHint(
    `${edge.from} needs ${edge.to} (${edge.condition}${edge.required ? '' : ', optional'})`,
  );
  const head = `M${endX} ${y} l-8 -4 v8 z`;
  // Where it leaves is where edges are furthest apart from those to the same service.
  const labelY = labelHeight(points, frame);
  return [
    svgElement('path', { class: edge.required ? 'line' : 'line optional', d: path }, hint),
    svgElement('path', { class: 'head', d: head }),
    svgText(endX - GAP / 2, labelY, CONDITION_WORDS[edge.condition], 'small faint middle'),
  ];
}

/** In the middle of the last curve, which is half way between its two ends. */
function labelHeight(points: readonly Position[], { middle }: Frame): number {
  const [from, to] = points.slice(-2);
  if (from === undefined || to === undefined) return 0;
  return pixels((middle(from) + middle(to)) / 2 - 4);
}

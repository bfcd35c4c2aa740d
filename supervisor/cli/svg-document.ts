// Pictures as text: elements with everything escaped, in a document that needs nothing from outside and is readable on a light and on
// a dark ground. SVG 1.1; colours follow the reader's scheme by CSS.

type Attributes = Readonly<Record<string, string | number>>;

/** `children` are elements already; text comes from `svgText`. */
export function svgElement(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

export function svgText(x: number, y: number, text: string, style = ''): string {
  return svgElement('text', style === '' ? { x, y } : { x, y, class: style }, escapeXml(text));
}

/** A label that appears under the pointer. */
export function svgHint(text: string): string {
  return svgElement('title', {}, escapeXml(text));
}

/** Numbers as short as the eye needs. */
export function pixels(value: number): number {
  return Math.round(value * 10) / 10;
}

export type Picture = {
  readonly width: number;
  readonly height: number;
  /** For those who do not see it. */
  readonly title: string;
  readonly style: string;
  readonly body: readonly string[];
};

const BASE_STYLE = `
  text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #24292f; }
  .small { font-size: 11px; }
  .faint { fill: #6e7781; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .line { stroke: #8c959f; fill: none; }
  .grid { stroke: #8c959f; stroke-opacity: 0.35; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .faint { fill: #9198a1; }
  }`;

export function svgDocument({ width, height, title, style, body }: Picture): string {
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    role: 'img',
  };
  const lines = [svgHint(title), svgElement('style', {}, `${BASE_STYLE}${style}\n`), ...body];
  return `${svgElement('svg', root, '\n', lines.join('\n'), '\n')}\n`;
}

/** XML 1.0, section 2.4; characters that it does not allow at all become spaces. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

import { BOX, layOut, type Layout } from './layout.js';
import type { GraphEdge, GraphNode, PlanGraph } from './plan-graph.js';
import { fillOf } from './status-colours.js';

/** The graph as an SVG document of its own: no scripts, no links, all text escaped. */
export function toSvg(graph: PlanGraph): string {
  const layout = layOut(graph);
  const { width, height } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      'font-family="system-ui, sans-serif" font-size="13">',
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">' +
      '<path d="M0 0 L8 4 L0 8 z" fill="#6b7280"/></marker></defs>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...graph.edges.map((edge) => drawEdge(edge, layout)),
    ...graph.nodes.map((node) => drawNode(node, layout)),
    '</svg>',
    '',
  ].join('\n');
}

function drawEdge({ from, to, output }: GraphEdge, { places }: Layout): string {
  const start = places.get(from);
  const end = places.get(to);
  if (!start || !end) return '';
  const [x1, y1] = [start.x + BOX.width / 2, start.y + BOX.height];
  const [x2, y2] = [end.x + BOX.width / 2, end.y];
  const middle = (y1 + y2) / 2;
  const line =
    `<path d="M${x1} ${y1} C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}" fill="none" stroke="#6b7280" ` +
    'marker-end="url(#arrow)"/>';
  if (output === null) return line;
  const [x, y] = [(x1 + x2) / 2 + 6, middle + 4];
  return `${line}<text x="${x}" y="${y}" font-size="11" fill="#374151">${escapeXml(shorten(output, 20))}</text>`;
}

function drawNode({ id, name, type, status }: GraphNode, { places }: Layout): string {
  const { x, y } = places.get(id) ?? { x: 0, y: 0 };
  const caption = status === null ? type : `${type} · ${status}`;
  return (
    `<g><title>${escapeXml(id)}</title>` +
    `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="8" fill="${fillOf(status)}" stroke="#6b7280"/>` +
    `<text x="${x + BOX.width / 2}" y="${y + 20}" text-anchor="middle" fill="#111827">${escapeXml(shorten(name, 24))}</text>` +
    `<text x="${x + BOX.width / 2}" y="${y + 37}" text-anchor="middle" font-size="11" fill="#6b7280">` +
    `${escapeXml(shorten(caption, 28))}</text></g>`
  );
}

function shorten(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

function escapeXml(text: string): string {
  // XML has no form for control characters.
  return text.replaceAll(/[\u0000-\u001f\ufffe\uffff<>&"']/g, (character) =>
    character < ' ' || character > '\ufffd' ? ' ' : `&#${character.charCodeAt(0)};`,
  );
}

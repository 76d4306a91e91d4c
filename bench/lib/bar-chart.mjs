import { short } from './numbers.mjs';

const WIDTH = 760;
const LABELS = 230;
const FIGURES = 150;
const BAR = 18;
const GAP = 8;
const TOP = 44;
const COLORS = { own: '#0b6e4f', limit: '#8a8f98', peer: '#c77d2e' };

/**
 * Horizontal bars as SVG.
 * @param rows `{label, value, low, kind}`: the bar's length, an optional mark within it (a median below a p99), and
 *   whose it is: own, limit, peer
 * @param log lengths by the logarithm: for values that lie orders of magnitude apart
 */
export function barChart({ title, unit, rows, log = false }) {
  const values = rows.flatMap(({ value, low }) => [value, low]).filter((value) => value > 0);
  const length = scale(Math.min(...values), Math.max(...values), log);
  const height = TOP + rows.length * (BAR + GAP) + 12;
  const bars = rows.map((row, index) => bar(row, TOP + index * (BAR + GAP), length)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}"
  font-family="system-ui, sans-serif" font-size="13">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="12" y="24" font-size="15" font-weight="600" fill="#1c1f23">${escape(title)}</text>
<text x="${WIDTH - 12}" y="24" text-anchor="end" fill="#5b6068">${escape(unit)}${log ? ', logarithmic' : ''}</text>
${bars}
</svg>
`;
}

function bar({ label, value, low, kind, note }, y, length) {
  const middle = y + BAR - 5;
  const name = `<text x="${LABELS - 8}" y="${middle}" text-anchor="end" fill="#1c1f23">${escape(label)}</text>`;
  if (value === null) return `${name}<text x="${LABELS}" y="${middle}" fill="#5b6068">${escape(note ?? '–')}</text>`;
  const end = LABELS + length(value);
  const mark =
    low > 0
      ? `<rect x="${at(LABELS)}" y="${y}" width="${at(length(low))}" height="${BAR}" fill="${COLORS[kind]}"/>`
      : '';
  const figures = low > 0 ? `${short(low)} / ${short(value)}` : short(value);
  return `${name}<rect x="${LABELS}" y="${y}" width="${at(length(value))}" height="${BAR}" fill="${COLORS[kind]}" opacity="${low > 0 ? 0.45 : 1}"/>${mark}<text x="${at(end + 6)}" y="${middle}" fill="#1c1f23">${escape(figures + (note ? ` ${note}` : ''))}</text>`;
}

function scale(least, most, log) {
  const room = WIDTH - LABELS - FIGURES;
  if (!log) return (value) => Math.max(1, (value / most) * room);
  // Half a decade of room, so that the least value still has a bar.
  const [low, high] = [Math.log10(least) - 0.5, Math.log10(most)];
  return (value) => Math.max(1, ((Math.log10(value) - low) / (high - low)) * room);
}

function at(value) {
  return Math.round(value * 10) / 10;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const PLAIN: Paint = (text) => text;
const paint =
  (code: number, end: number): Paint =>
  (text) =>
    `\u001b[${code}m${text}\u001b[${end}m`;

export function styleOf(hasColours: boolean): Style {
  if (!hasColours) return { bold: PLAIN, dim: PLAIN, red: PLAIN, green: PLAIN, yellow: PLAIN, cyan: PLAIN };
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}

const GOOD = new Set(['completed', 'fired', 'healthy', 'active', 'deployed', 'created', 'updated']);
const BAD = new Set(['failed', 'timed_out', 'rejected', 'unhealthy', 'error']);
const MIDDLING = new Set(['cancelled', 'skipped', 'filtered', 'degraded', 'paused', 'waiting', 'warn', 'duplicate']);

/** A state, an outcome or a level in its colour. */
export function coloured(word: string, style: Style): string {
  if (GOOD.has(word)) return style.green(word);
  if (BAD.has(word)) return style.red(word);
  return MIDDLING.has(word) ? style.yellow(word) : word;
}

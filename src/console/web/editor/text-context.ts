/** Where a place in a YAML text is, by indentation alone: the text may be half written. */
export interface TextContext {
  /** Keys from the outside in; list items leave no trace. */
  readonly path: readonly string[];
  /** The key whose value is being written; null where a key is. */
  readonly key: string | null;
  /** Of each map on the way, and of the innermost one last: the `type` written in it. */
  readonly types: readonly (string | null)[];
  /** Keys that the innermost map has already. */
  readonly siblings: ReadonlySet<string>;
}

interface Line {
  /** Where the key begins, past the dashes. */
  readonly column: number;
  /** Where the first dash is, if there is one. */
  readonly dash: number | null;
  readonly key: string | null;
  readonly value: string;
}

const LINE = /^(\s*)((?:- +)*)(?:(["']?)([\w.-]+)\3:(?:\s+(.*))?$)?/;

export function contextAt(text: string, position: number): TextContext {
  const before = text.slice(0, position).split('\n');
  const lines = text.split('\n').map(parse);
  const at = before.length - 1;
  const current = parse(before[at] ?? '');
  const innermost = mapAt(lines, at, current);
  const path: string[] = [];
  const types = [innermost.type];
  let { column, dash } = current;
  for (let n = at - 1; n >= 0 && (column > 0 || dash !== null); n--) {
    const line = lines[n];
    if (line === undefined || isBlank(line)) continue;
    // Of the same map; its first line has the dash.
    if (dash === null && line.column === column) dash = line.dash;
    const isAround = dash === null ? line.column < column : line.column <= dash && line.dash !== dash;
    if (!isAround || line.key === null || line.value !== '') continue;
    path.unshift(line.key);
    types.unshift(mapAt(lines, n, line).type);
    ({ column, dash } = line);
  }
  return { path, key: current.key, types, siblings: innermost.keys };
}

function parse(text: string): Line {
  const [, indent = '', dashes = '', , key, value = ''] = LINE.exec(text) ?? [];
  const dash = dashes === '' ? null : indent.length;
  return { column: indent.length + dashes.length, dash, key: key ?? null, value: value.replace(/\s*#.*$/, '') };
}

function isBlank({ key, dash }: Line): boolean {
  return key === null && dash === null;
}

/** The map around a line: the lines at its column, up to a dash or to what stands further left. */
function mapAt(lines: readonly Line[], at: number, own: Line): { keys: ReadonlySet<string>; type: string | null } {
  const found: Line[] = [];
  for (let n = at - 1; n >= 0 && own.dash === null; n--) {
    const line = lines[n];
    if (line === undefined || isBlank(line)) continue;
    if (line.column < own.column) break;
    if (line.column > own.column) continue;
    found.push(line);
    if (line.dash !== null) break;
  }
  for (const line of lines.slice(at + 1)) {
    if (isBlank(line)) continue;
    if (line.column < own.column || (line.dash !== null && line.dash < own.column)) break;
    if (line.column === own.column) found.push(line);
  }
  const written = [own, ...found].find(({ key, value }) => (key === 'type' || key === 'subtype') && value !== '');
  const keys = new Set(found.flatMap(({ key }) => (key === null ? [] : [key])));
  const subtype = found.find(({ key }) => key === 'subtype');
  return { keys, type: (subtype ?? written)?.value.replace(/["']/g, '') ?? null };
}

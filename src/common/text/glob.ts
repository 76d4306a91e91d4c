import { RE2JS } from 're2js';

/**
 * A glob as RE2 source: `*` and `?` stop at `/` where `separator` holds, `**` does not; `[a-z]`, `[!a]`, `{one,two}`, and
 * `\` before a character that stands for itself. RE2 is linear in the text, however many stars there are.
 */
export function globSource(glob: string, { separator }: { separator: boolean }): string {
  const one = separator ? '[^/]' : '.';
  let source = '';
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob.charAt(at);
    if (char === '*') {
      const isDeep = glob.charAt(at + 1) === '*';
      if (isDeep) at++;
      if (!isDeep) source += `${one}*`;
      else if (separator && glob.charAt(at + 1) === '/') {
        // "**/" stands for no folder as well.
        source += '(?:.*/)?';
        at++;
      } else source += '.*';
    } else if (char === '?') source += one;
    else if (char === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) source += '\\[';
      else {
        source += `[${glob
          .slice(at + 1, end)
          .replace(/^!/, '^')
          .replaceAll('\\', '\\\\')}]`;
        at = end;
      }
    } else if (char === '{' && glob.indexOf('}', at) > 0) {
      depth++;
      source += '(?:';
    } else if (char === '}' && depth > 0) {
      depth--;
      source += ')';
    } else if (char === ',' && depth > 0) source += '|';
    else if (char === '\\' && at + 1 < glob.length) source += RE2JS.quote(glob.charAt(++at));
    else source += RE2JS.quote(char);
  }
  return source + ')'.repeat(depth);
}

/** Of a path or a name with `/`: whether the whole of it is what the glob says. @throws Error when it cannot be read. */
export function globPattern(glob: string): (text: string) => boolean {
  const regex = RE2JS.compile(globSource(glob, { separator: true }), RE2JS.DOTALL);
  return (text) => regex.matches(text);
}

/** Several globs, read in order as .gitignore is: one with `!` takes back what those before it have taken. */
export function globList(globs: readonly string[]): (text: string) => boolean {
  const rules = globs.map((glob) => {
    const isNegated = glob.startsWith('!');
    return { isNegated, matches: globPattern(isNegated ? glob.slice(1) : glob) };
  });
  // A list that only takes back starts from everything.
  const startsWithAll = rules.length > 0 && rules.every(({ isNegated }) => isNegated);
  return (text) => rules.reduce((taken, { isNegated, matches }) => (matches(text) ? !isNegated : taken), startsWithAll);
}

/**
 * The simple form, for names: `*` stands for any characters and everything else for itself, so that `renovate[bot]` and
 * `http_5*` mean what they say. Linear in both.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

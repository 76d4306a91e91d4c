import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './paths.js';

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Fence {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** README, CHANGELOG, CONTRIBUTING, and every page of `docs/` and `examples/`. */
export function pages(): Page[] {
  const below = ['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  );
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  return [...top, ...below].sort().map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export function fences({ path, text }: Page): Fence[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```/gms)].map((match) => ({
    page: path,
    line: text.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }));
}

/** Links to other pages and to headings, without what stands in code. */
export function relativeLinks({ text }: Page): string[] {
  const prose = text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((to) => !/^[a-z]+:/.test(to));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors({ text }: Page): Set<string> {
  const prose = text.replaceAll(/^```.*?^```/gms, '');
  const titles = [...prose.matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
  );
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

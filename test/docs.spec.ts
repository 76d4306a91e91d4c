import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Api } from './support/api.js';
import { ADMIN_KEY, startApp } from './support/app.js';
import { anchors, fences, pages, relativeLinks, type Fence } from './support/markdown.js';
import { ROOT } from './support/paths.js';

const PAGES = pages();
/** This page shows the whole language; its own spec compiles it with types that this version does not have yet. */
const COMPILED_ELSEWHERE = 'docs/reference/definition.md';
const WORKFLOWS = PAGES.filter(({ path }) => path !== COMPILED_ELSEWHERE)
  .flatMap(fences)
  .filter(isWorkflow);

let api: Api;
let url: string;
beforeAll(async () => {
  ({ api, url } = await startApp());
});

describe('the documentation', () => {
  it.each(WORKFLOWS.map((fence) => [`${fence.page}:${fence.line}`, fence] as const))(
    'shows a valid workflow at %s',
    async (_place, { text }) => {
      const { body } = await api.call('POST', '/workflows/validate', text, { 'content-type': 'application/yaml' });
      expect(body).toMatchObject({ valid: true, errors: [], warnings: [] });
    },
  );

  it.each(PAGES.map((page) => [page.path, page] as const))(
    'has only links that lead somewhere in %s',
    (_path, page) => {
      expect(relativeLinks(page).filter((link) => !leadsSomewhere(page.path, link))).toEqual([]);
    },
  );

  it('leads from its map to every page', () => {
    const mapped = new Set(['docs/README.md', ...linkedFrom('docs/README.md'), ...linkedFrom('docs/adr/README.md')]);
    const unmapped = PAGES.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !mapped.has(path));
    expect(unmapped).toEqual([]);
  });

  it('names every metric that the server exposes', async () => {
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    const exposed = [...(await answer.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({
      name,
      type,
    }));
    const page = PAGES.find(({ path }) => path === 'docs/operations/metrics.md')?.text ?? '';
    const own = exposed.filter(({ name = '' }) => !/^(process|nodejs)_/.test(name));
    expect(own.filter(({ name, type }) => !page.includes(`| \`${name}\` | ${type} |`))).toEqual([]);
    const documented = [...page.matchAll(/^\| `(orchestrator_\w+)` \|/gm)].map((match) => match[1]);
    expect(documented.filter((name) => !own.some((one) => one.name === name))).toEqual([]);
  });
});

function isWorkflow({ language, text }: Fence): boolean {
  if (language !== 'yaml') return false;
  const content: unknown = parse(text);
  return (
    typeof content === 'object' && content !== null && 'name' in content && ('steps' in content || 'nodes' in content)
  );
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(ROOT, target))) return false;
  const page = PAGES.find(({ path }) => path === target);
  return anchor === undefined || (page !== undefined && anchors(page).has(anchor));
}

function linkedFrom(path: string): string[] {
  const page = PAGES.find((one) => one.path === path);
  if (page === undefined) return [];
  return relativeLinks(page).map((link) => normalize(join(dirname(path), link.split('#')[0] ?? '')));
}

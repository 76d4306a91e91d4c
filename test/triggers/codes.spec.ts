import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EmailConfig } from '../../src/triggers/types/email/email.dto.js';
import { GitHubConfig } from '../../src/triggers/types/github/github.dto.js';
import { dtoSchema } from '../../src/common/validation/dto-schema.js';
import { readSources } from '../support/imports.js';
import { ROOT } from '../support/paths.js';

const PAGE = readFileSync(join(ROOT, 'docs/reference/trigger-codes.md'), 'utf8');
/** How the sources give a code: as a field, and as an argument of what makes refusals and faults. */
const PLACES = [
  /\bcode: '([a-z_]+)'/g,
  /\breason: '([a-z_]+)'/g,
  /\brefused\((?:\d+, )?\s*'([a-z_]+)'/g,
  /\badd\(\s*(?:'[^']*'|`[^`]*`),\s*'([a-z_]+)'/g,
  /\battempt\((?:'[^']*'|`[^`]*`), '([a-z_]+)'/g,
  /\[\s*'([a-z]+_[a-z_]+)', '[A-Z]/g,
  /^ {2}([a-z_]+): '(?:failed|rejected)',$/gm,
  /\bnot\('\w+', '([a-z_]+)'/g,
];
/** Not of triggers: placeholders of the contract. */
const NO_CODES = new Set(['filtered']);

function codesIn(text: string): string[] {
  return PLACES.flatMap((place) => [...text.matchAll(place)].map(([, code = '']) => code));
}

it('every code that triggers give is documented', () => {
  const sources = [...readSources(join(ROOT, 'src'))].filter(({ path }) => /^(triggers|deployment)\//.test(path));
  const texts = sources
    .filter(({ path }) => !path.endsWith('.spec.ts'))
    .map(({ path }) => readFileSync(join(ROOT, 'src', path), 'utf8'));
  const codes = new Set(texts.flatMap(codesIn).filter((code) => !NO_CODES.has(code)));
  expect(codes.size).toBeGreaterThan(60);
  expect([...codes].filter((code) => !PAGE.includes(`\`${code}\``))).toEqual([]);
});

it('so is every filter of email and github, by its name', () => {
  const settings = [
    'connection',
    'folder',
    'start',
    'mark_read',
    'move_to',
    'flag',
    'delete',
    'attachments',
    'context',
  ];
  const filters = [EmailConfig, GitHubConfig].flatMap((config) => {
    const { properties } = dtoSchema(config) as { properties: Record<string, unknown> };
    return Object.keys(properties).filter((name) => !settings.includes(name));
  });
  expect(filters.length).toBeGreaterThan(20);
  expect(filters.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
});

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY, startApp, type TestApp } from './support/app.js';
import { afterFile } from './support/cleanup.js';
import { fences } from './support/markdown.js';
import { ROOT } from './support/paths.js';
import { shellLines, STRICT } from './support/shell-lines.js';

/** What each page's lines must have shown when they have all run. */
const GUIDES: Record<string, readonly string[]> = {
  'docs/start.md': ['"output":{"result":42}', '"code":"duration_invalid"', '"code":"type_unknown"'],
  'docs/guides/first-workflow.md': ['"total":19', '"version":2'],
  'docs/guides/webhooks.md': ['"duplicate":false', '"outcome":"fired"'],
  'docs/guides/outputs-and-files.md': ['"name":"report.csv"', 'Ada,7'],
  'docs/guides/approvals.md': ['"status":"approved"', '"decision":"approve"'],
  'docs/guides/events.md': ['"accepted":1', '"method":"card"', '"type":"order.accepted"'],
  'docs/guides/conditions.md': ['"trigger_type":"condition"', '"result":"true"'],
  'docs/guides/testing-workflows.md': ['"output":{"amount":250}', '"trigger_type":"test"'],
  'docs/guides/templates.md': ['"said":"Dear Ada"', '"message":"ping moon"'],
  'docs/guides/secrets.md': ['"name":"api_token"'],
  'docs/guides/language-models.md': ['"name":"models"', '"small":{"input":0.5'],
  'docs/guides/agents.md': ['"name":"clerk"', '"name":"tickets"'],
  'docs/guides/mcp.md': ['"name":"notes",', '"name":"files"'],
  'docs/guides/connections.md': ['reports:***@db.example.com', '"revision":2'],
};

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});

describe('the lines of a guide', () => {
  it.each(Object.entries(GUIDES))('run as they are written in %s', async (page, shown) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-guide-'));
    afterFile(() => rmSync(folder, { recursive: true, force: true }));
    const lines = shellLines(page);
    writeDefinitions(page, lines, folder);
    const names = `HOST=${app.url}\nAPI=$HOST/api/v1\nAUTH='X-API-Key: ${ADMIN_KEY}'\n`;
    const script = STRICT + names + lines.replaceAll(/^(HOST|API|AUTH)=.*$/gm, '');
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder });
    for (const text of shown) expect(stdout).toContain(text);
    expect(stdout).not.toContain(ADMIN_KEY);
  });
});

/** The files that the lines send: the workflow of that name, or the last one that the page shows. */
function writeDefinitions(page: string, lines: string, folder: string): void {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const shown = fences({ path: page, text }).filter(({ language }) => language === 'yaml');
  for (const [, name = ''] of lines.matchAll(/@([\w-]+)\.yaml/g)) {
    const own = shown.findLast((fence) => slugOf(fence.text) === name) ?? shown.at(-1);
    writeFileSync(join(folder, `${name}.yaml`), own?.text ?? '');
  }
}

function slugOf(text: string): string {
  const name = /^name: (.*)$/m.exec(text)?.[1] ?? '';
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

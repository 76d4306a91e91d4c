import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { axeBreaches, screenshot } from '../support/browser.js';
import { LONG_MS, node, useConsole } from '../support/console.js';
import { eventually } from '../support/eventually.js';
import { requireService } from '../support/services.js';

const THREE = `# Kept.
name: Three
steps:
  - id: first
    type: log
    config: {message: one} # of the first
  - id: second
    type: log
    config: {message: two}
  - id: third
    type: log
    config: {message: three}
`;

const count = 300;
const chain = Array.from({ length: count }, (_, n) => `  - {id: s${n}, type: set, config: {values: {n: ${n}}}}`);
const LONG = `name: Long chain\nsteps:\n${chain.join('\n')}\n  - {id: boom, type: fail, config: {message: at the end}}\n`;
const branches = Array.from(
  { length: count - 2 },
  (_, n) => `  - {id: b${n}, type: set, depends_on: [root], config: {values: {n: ${n}}}}`,
);
const WIDE = `name: Wide fan
steps:
  - {id: root, type: log, config: {message: x}}
${branches.join('\n')}
  - {id: join, type: log, depends_on: [${branches.map((_, n) => `b${n}`).join(', ')}], config: {message: x}}
`;

/** Pixels: smaller than this nobody reads the words on a step. 54 is its height without zoom. */
const READABLE = 54 * 0.55;

describe.runIf(requireService('chromium'))('the graph of the console', { timeout: LONG_MS }, () => {
  const console = useConsole();
  const text = (page: Page): Promise<string> => page.locator('.cm-content').innerText();

  /** Draws an edge; nothing comes of it while the graph is still being laid out. */
  async function draw(page: Page, source: string, target: string): Promise<void> {
    const [from, to] = [
      await node(page, source).locator('.react-flow__handle.source').boundingBox(),
      await node(page, target).locator('.react-flow__handle.target').boundingBox(),
    ];
    if (from === null || to === null) throw new Error('no handles');
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + 40, to.y - 20, { steps: 6 });
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 6 });
    await page.mouse.up();
  }

  /** Moves the mouse as a hand does: down, along, up. */
  async function drag(page: Page, from: Locator, x: number, y: number): Promise<void> {
    const box = await from.boundingBox();
    if (box === null) throw new Error('nothing to drag');
    const [left, top] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(left, top);
    await page.mouse.down();
    await page.mouse.move(left + x / 2, top + y / 2, { steps: 4 });
    await page.mouse.move(left + x, top + y, { steps: 4 });
    await page.mouse.up();
  }

  it('writes where a step was dragged to, as one change that undo takes back', async () => {
    const { page, complaints } = await console.open(`/workflows/${await console.api.create(THREE)}/edit?view=both`);
    await node(page, 'second').waitFor();
    const before = await text(page);
    await drag(page, node(page, 'second'), 120, 0);
    await page.locator('.cm-content', { hasText: /position: \{ ?x: \d+, y: \d+ ?\}/ }).waitFor();
    expect(await text(page)).toContain('# of the first');
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(async () => expect(await text(page)).toBe(before));
    expect(complaints).toEqual([]);
  });

  it('connects two steps by drawing, and takes the edge and a step away by Delete', async () => {
    const { page } = await console.open(`/workflows/${await console.api.create(THREE)}/edit?view=both`);
    await node(page, 'third').waitFor();
    await eventually(async () => {
      await draw(page, 'first', 'third');
      expect(await text(page)).toContain('depends_on: [second, first]');
    });
    await eventually(async () => {
      const edge = page.locator('.react-flow__edge[data-id="steps.0-steps.2-"]');
      if ((await edge.count()) > 0) {
        // While the graph is laid out anew, the edge may be drawn anew without the focus.
        await edge.focus({ timeout: 1_000 });
        await page.keyboard.press('Enter');
        await page.keyboard.press('Delete');
      }
      expect(await text(page)).toContain('depends_on: [second]');
    });
    await node(page, 'second').click();
    await page.keyboard.press('Delete');
    await eventually(async () => expect(await text(page)).not.toContain('id: second'));
    expect(await text(page)).toContain('depends_on: [first]');
  });

  it('is edited by keys alone: a step selected, moved, configured, made to wait for another, removed', async () => {
    const { page } = await console.open(`/workflows/${await console.api.create(THREE)}/edit?view=both`);
    await node(page, 'third').focus();
    await page.keyboard.press('Enter');
    const form = page.getByRole('region', { name: 'Step third' });
    await form.waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('.cm-content', { hasText: 'position:' }).waitFor();
    await form.getByLabel('message').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('typed');
    await page.locator('.cm-content', { hasText: 'message: typed' }).waitFor();
    await form.getByRole('combobox', { name: 'Waits for' }).focus();
    await page.keyboard.type('first');
    await page.getByRole('option', { name: 'first' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.cm-content', { hasText: 'depends_on: [first, second]' }).waitFor();
    await form.getByLabel('max_attempts').focus();
    await page.keyboard.type('3');
    await form.getByLabel('backoff_factor').focus();
    await page.keyboard.type('1.5');
    await page.locator('.cm-content', { hasText: 'backoff_factor: 1.5' }).waitFor();
    await page.getByText('Valid', { exact: true }).waitFor();
    expect(await axeBreaches(page)).toEqual([]);
    await form.getByRole('button', { name: 'Remove' }).focus();
    await page.keyboard.press('Enter');
    await node(page, 'third').waitFor({ state: 'detached' });
  });

  it('keeps what is typed while a save is under way, and undo behind it', async () => {
    const id = await console.api.create(THREE);
    const { page } = await console.open(`/workflows/${id}/edit?view=text`);
    const editor = page.locator('.cm-content');
    await editor.click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.insertText('# before\n');
    const saving = page.waitForRequest((request) => request.method() === 'PUT');
    await page.keyboard.press('Control+s');
    await saving;
    await page.keyboard.insertText('# after\n');
    // Comments are no new definition; they are kept all the same.
    await page.getByText('Saved as version 1').waitFor();
    await page.getByText('not saved').waitFor();
    const source = async (): Promise<string> => (await console.api.get(`/workflows/${id}/versions/1`)).body.source;
    expect(await source()).toContain('# before');
    expect(await text(page)).toContain('# after');
    await page.keyboard.press('Control+s');
    await page.getByText('not saved').waitFor({ state: 'detached' });
    expect(await source()).toContain('# after');
    await page.keyboard.press('Control+z');
    await eventually(async () => expect(await text(page)).not.toContain('# after'));
  });

  it.each([
    ['chain', LONG],
    ['fan', WIDE],
  ])('opens a %s of 300 steps at a size that is read, with an overview and a search', async (name, yaml) => {
    const { page, complaints } = await console.open(`/workflows/${await console.api.create(yaml)}`);
    await page.locator('.react-flow__node .node').first().waitFor({ timeout: LONG_MS });
    await page.getByRole('img', { name: 'Overview of the graph' }).waitFor();
    expect((await page.locator('.react-flow__node .node').first().boundingBox())?.height).toBeGreaterThan(READABLE);
    await screenshot(page, `graph-${name}`);
    const wanted = name === 'chain' ? 's250' : 'b250';
    await page.getByRole('combobox', { name: 'Find a step' }).fill(wanted);
    await page.getByRole('option', { name: new RegExp(`^${wanted} `) }).click();
    await page.locator('.react-flow__node.selected', { hasText: wanted }).waitFor();
    const graph = await page.getByRole('group', { name: 'Graph of the steps' }).boundingBox();
    const found = await node(page, wanted).boundingBox();
    if (graph === null || found === null) throw new Error('not shown');
    expect(found.x).toBeGreaterThanOrEqual(graph.x);
    expect(found.x + found.width).toBeLessThanOrEqual(graph.x + graph.width);
    expect(found.y + found.height).toBeLessThanOrEqual(graph.y + graph.height);
    expect(found.height).toBeGreaterThan(READABLE);
    expect(await axeBreaches(page)).toEqual([]);
    await page.getByRole('button', { name: 'Fill the window' }).click();
    await page.getByRole('button', { name: 'Show all' }).click();
    // All of it at once: the names are written larger than to scale.
    await page.locator('.graph[data-far=true]').waitFor();
    await screenshot(page, `graph-${name}-all`);
    const boxes = await page.locator('.react-flow__node .node').count();
    expect(boxes).toBeGreaterThanOrEqual(count);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Fill the window' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('opens the graph of a large execution at the step that failed', async () => {
    const execution = await console.api.start(await console.api.create(LONG));
    await console.api.reaches(execution, 'failed');
    const { page } = await console.open(`/executions/${execution}`);
    await page.locator('.react-flow__node[data-id=boom] .node[data-status=failed]').waitFor({ timeout: LONG_MS });
    expect(await page.locator('.react-flow__node[data-id=s0]').count()).toBe(0);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { axeBreaches, openTab, screenshot } from '../support/browser.js';
import { LONG_MS, node, settled, signIn, stepIn, useConsole } from '../support/console.js';
import { eventually } from '../support/eventually.js';
import { requireService } from '../support/services.js';

const FAILING = `name: Breaks
steps:
  - {id: before, type: set, config: {values: {n: 1}}}
  - {id: boom, type: fail, config: {message: it broke, code: broken}}
`;
const WAITING = `name: Asks
steps:
  - {id: begin, type: set, config: {values: {n: 1}}}
  - id: ask
    type: approval
    config:
      title: May it go on?
      escalate: [{after: 1h, to: [boss@example.com]}]
      form: {type: object, required: [why], properties: {why: {type: string, title: Why}}}
  - {id: finish, type: log, config: {message: it went on}}
triggers:
  - {type: manual, name: By hand}
  - {type: cron, name: Every morning, config: {cron: "0 8 * * *"}}
`;
const COMMENTED = `# Keep me.
name: Commented # and me
steps:
  # me too
  - id: first
    type: log
    config:
      message: hello # and the last
`;
describe.runIf(requireService('chromium'))('the console in Chromium', { timeout: LONG_MS }, () => {
  const console = useConsole();
  const { at, open } = console;

  it('is where / leads, and lets in whoever has a key: kept in the tab, in no address', async () => {
    const { page, complaints } = await openTab(console.browser);
    await page.goto(console.server.url);
    expect(page.url()).toBe(at('') + (page.url().endsWith('/') ? '/' : ''));
    expect(await axeBreaches(page)).toEqual([]);
    await page.locator('input[type=password]').fill('mr_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'does not accept this key' }).waitFor();
    await page.locator('input[type=password]').fill(console.server.apiKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(page.url()).not.toContain('mr_');
    await page.getByRole('button', { name: /admin/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Millrace' }).waitFor();
    // The one refusal that was meant.
    expect(complaints.filter((each) => !each.includes('401'))).toEqual([]);
  });

  it('shows a viewer nothing that a viewer may not do', async () => {
    const workflow = await console.api.create('name: Looked at\nsteps: [{id: a, type: log, config: {message: x}}]');
    const made = await console.server.fetch('/api/v1/api-keys', {
      method: 'POST',
      json: { name: 'eyes', role: 'viewer' },
    });
    const { key } = (await made.json()) as { key: string };
    const { page, complaints } = await open(`/workflows/${workflow}`, { key });
    await page.getByRole('heading', { name: 'Looked at', level: 1 }).waitFor();
    for (const name of ['Run', 'Edit', 'Deploy', 'More actions']) {
      expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
    }
    expect(await page.getByRole('link', { name: 'Keys and audit log' }).count()).toBe(0);
    await page.goto(at('/workflows/new'));
    await page.getByText('Your key may not edit workflows').waitFor();
    expect(complaints).toEqual([]);
  });

  describe('every page behind its address', () => {
    let pages: [name: string, path: string, text: string][];
    beforeAll(async () => {
      const asks = await console.api.create(WAITING);
      const deployed = await console.server.fetch(`/api/v1/deployment/workflows/${asks}/deploy`, { method: 'POST' });
      const { triggers } = (await deployed.json()) as { triggers: { id: string; type: string }[] };
      const cron = triggers.find(({ type }) => type === 'cron')?.id ?? '';
      const waiting = await console.api.start(asks);
      await console.api.reaches(waiting, 'waiting');
      const broken = await console.api.start(await console.api.create(FAILING));
      await console.api.reaches(broken, 'failed');
      pages = [
        ['overview', '/', 'Next due'],
        ['workflows', '/workflows?q=Asks', 'Asks'],
        ['workflow', `/workflows/${asks}`, 'finish'],
        ['workflow-definition', `/workflows/${asks}?tab=definition`, 'May it go on?'],
        ['workflow-triggers', `/workflows/${asks}?tab=triggers`, 'By hand'],
        ['workflow-executions', `/workflows/${asks}?tab=executions`, 'waiting'],
        ['workflow-versions', `/workflows/${asks}?tab=versions`, 'version 1'],
        ['workflow-statistics', `/workflows/${asks}?tab=statistics`, 'Statistics'],
        ['editor', `/workflows/${asks}/edit?view=both`, 'finish'],
        ['executions', '/executions?status=failed', 'failed'],
        ['execution-waiting', `/executions/${waiting}`, 'finish'],
        ['execution-failed', `/executions/${broken}?step=boom`, 'it broke'],
        ['execution-logs', `/executions/${broken}?tab=logs`, 'Follow'],
        ['triggers', '/triggers', 'Every morning'],
        ['trigger', `/triggers/${cron}`, 'Next instants'],
        ['approvals', '/approvals', 'May it go on?'],
        ['library', '/library?type=http', 'HTTP request'],
        ['library-triggers', '/library?tab=trigger-types', 'Cron'],
        ['node-templates', '/library?tab=node-templates', 'There are no node templates'],
        ['secrets', '/secrets', 'There are no secrets'],
        ['connections', '/secrets?tab=connections', 'There are no connections'],
        ['keys', '/access', 'API keys'],
        ['audit', '/access?tab=audit', 'workflows.create'],
        ['nothing', '/no/such/page', 'There is no such page'],
      ];
    });

    it.each(['light', 'dark'] as const)('is shown without a complaint and accessible, %s', async (theme) => {
      const { page, complaints } = await open('/', { colorScheme: theme });
      for (const [name, path, text] of pages) {
        await page.goto(at(path));
        await page.getByText(text).first().waitFor();
        if (name !== 'nothing') await settled(page);
        await screenshot(page, `${name}-${theme}`);
        expect(await axeBreaches(page), `${name}, ${theme}`).toEqual([]);
      }
      expect(complaints).toEqual([]);
    });

    it('fits a phone, in Chinese', async () => {
      const { page, complaints } = await openTab(console.browser, {
        viewport: { width: 390, height: 844 },
        locale: 'zh-CN',
      });
      await page.goto(at('/'));
      await page.getByRole('button', { name: '登录' }).waitFor();
      await signIn(page, console.server.apiKey);
      await page.getByRole('heading', { name: '总览' }).waitFor();
      for (const [name, path] of pages) {
        await page.goto(at(path));
        await (name === 'nothing' ? page.locator('.empty').waitFor() : settled(page));
        const tooWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth');
        expect(tooWide, `${name} on a phone`).toBe(false);
        await screenshot(page, `${name}-phone`);
      }
      expect(complaints).toEqual([]);
    });
  });

  it('takes a new user from a starter to a run seen live; what breaks says why, and is retried once mended', async () => {
    const { page, complaints } = await open('/');
    await page.getByRole('link', { name: 'Workflows', exact: true }).click();
    await page.getByRole('button', { name: 'New workflow' }).first().click();
    await page.getByRole('button', { name: /^Hello/ }).click();
    await page.getByText('Valid', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Add a step' }).click();
    await page.getByRole('menuitem', { name: 'Wait', exact: true }).click();
    // What was added is selected, its form open.
    await page.getByRole('region', { name: 'Step wait' }).getByLabel('duration').fill('1s');
    await page.locator('.cm-content', { hasText: 'duration: 1s' }).waitFor();
    await page.getByText('Valid', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Save and deploy' }).click();
    await page.getByRole('heading', { name: 'Hello', level: 1 }).waitFor();
    await page.getByText('in force: 1').waitFor();

    // Fire, and watch.
    await page.getByRole('tab', { name: 'Triggers' }).click();
    await page.getByRole('link', { name: 'manual' }).click();
    await page.getByRole('button', { name: 'Fire' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Fire' }).click();
    await page.getByRole('heading', { name: /^Execution/ }).waitFor();
    await stepIn(page, 'wait', 'waiting').waitFor();
    await stepIn(page, 'wait', 'completed').waitFor();
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('Hello, world!').waitFor();

    // Break it.
    const message = async (text: string): Promise<void> => {
      await page.getByRole('link', { name: 'Hello', exact: true }).click();
      await page.getByRole('link', { name: 'Edit' }).click();
      await node(page, 'note').click();
      await page.getByRole('textbox', { name: 'message' }).fill(text);
      await page.getByText('not saved').waitFor();
      await page.getByText('Valid', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Save and deploy' }).click();
      await page.getByRole('heading', { name: 'Hello', level: 1 }).waitFor();
    };
    await message('{{ steps.greet.output.txet }}');
    await page.getByText('in force: 2').waitFor();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run' }).click();
    const failure = page.getByRole('alert').filter({ hasText: 'expression_failed' });
    await failure.getByText(/txet/).first().waitFor();
    const broken = page.url();

    // See why, mend it, retry.
    await failure.getByRole('button', { name: 'Show the step note' }).click();
    await page.getByRole('region', { name: 'Step note' }).getByText('expression_failed').waitFor();
    await message('{{ steps.greet.output.text }}');
    await page.getByText('in force: 3').waitFor();
    await page.goto(broken);
    await page.getByRole('button', { name: 'Retry with version 3' }).click();
    await stepIn(page, 'note', 'completed').waitFor();
    await page.getByText('retry of').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows an execution as it changes, and takes the decision that it waits for', async () => {
    const asks = await console.api.create(WAITING.replace('Asks', 'Asks live'));
    const execution = await console.api.start(asks);
    const { page, complaints } = await open(`/executions/${execution}`);
    await stepIn(page, 'ask', 'waiting').waitFor();
    const second = await page.context().newPage();
    await second.goto(at(`/approvals?execution_id=${execution}`));
    // A tab of its own has no key: it signs in.
    await signIn(second, console.server.apiKey);
    await second.getByText('Escalates to boss@example.com').waitFor();
    await second.getByLabel('Why').fill('because');
    await second.getByRole('button', { name: 'Approve', exact: true }).click();
    await stepIn(page, 'finish', 'completed').waitFor();
    await page.locator('.status[data-status=completed]').first().waitFor();
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('it went on').waitFor();
    expect(complaints).toEqual([]);
  });

  it('says why an execution failed, and retries it from a step', async () => {
    const execution = await console.api.start(await console.api.create(FAILING.replace('Breaks', 'Breaks again')));
    await console.api.reaches(execution, 'failed');
    const { page } = await open(`/executions/${execution}`);
    await page.getByText('it broke').first().waitFor();
    await page.getByRole('button', { name: 'Show the step boom' }).click();
    await page.getByRole('region', { name: 'Step boom' }).getByText('broken', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Retry from a step…' }).click();
    await page.getByRole('combobox', { name: 'Step' }).click();
    await page.getByRole('option', { name: 'before' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByText('run 2').waitFor();
    await eventually(async () => expect((await console.api.execution(execution)).attempt).toBe(2));
  });

  it('cancels many at once, and keeps the filters in the address', async () => {
    const asks = await console.api.create(WAITING.replace('Asks', 'Asks often'));
    const started = [await console.api.start(asks), await console.api.start(asks), await console.api.start(asks)];
    for (const id of started) await console.api.reaches(id, 'waiting');
    const { page } = await open(`/executions?workflow_id=${asks}&status=waiting`);
    for (const id of started) await page.locator(`[data-execution="${id}"]`).waitFor();
    await page.getByLabel('Select all that are loaded').check();
    await page.getByRole('button', { name: 'Cancel 3' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel 3' }).click();
    await page.getByText('3 cancelled').waitFor();
    await page.getByText('Nothing fits these filters').waitFor();
    for (const id of started) await console.api.reaches(id, 'cancelled');
  });

  it('pauses a trigger with its reason, fires one by hand and shows it in the ledger', async () => {
    const asks = await console.api.create(WAITING.replace('Asks', 'Asks by hand'));
    await console.server.fetch(`/api/v1/deployment/workflows/${asks}/deploy`, { method: 'POST' });
    const { page } = await open(`/workflows/${asks}?tab=triggers`);
    await page.getByRole('link', { name: 'By hand' }).click();
    await page.getByRole('button', { name: 'Fire' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Fire' }).click();
    await page.getByRole('heading', { name: /^Execution/ }).waitFor();
    await page.goBack();
    await page.locator('.status[data-status=fired]').first().waitFor();
    await page.getByRole('button', { name: 'Replay' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click();
    await page.getByText('replay', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByLabel('Reason').fill('holidays');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByText('holidays').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await axeBreaches(page)).toEqual([]);
  });

  it('previews a backfill before it fires anything', async () => {
    const asks = await console.api.create(WAITING.replace('Asks', 'Asks for the past'));
    const deployed = await console.server.fetch(`/api/v1/deployment/workflows/${asks}/deploy`, { method: 'POST' });
    const { triggers } = (await deployed.json()) as { triggers: { id: string; type: string }[] };
    const cron = triggers.find(({ type }) => type === 'cron')?.id ?? '';
    const { page } = await open(`/triggers/${cron}`, { timezoneId: 'UTC' });
    await page.getByRole('button', { name: 'Backfill' }).click();
    await page.getByLabel('From').fill('2026-01-01T00:00');
    await page.getByLabel('To', { exact: true }).fill('2026-01-03T00:00');
    await page.getByRole('button', { name: 'Show what would fire' }).click();
    await page.getByRole('button', { name: 'Fire 2 instants' }).waitFor();
    const list = (await (await console.server.fetch(`/api/v1/executions?workflow_id=${asks}`)).json()) as {
      items: unknown[];
    };
    expect(list.items).toEqual([]);
  });

  it('edits without losing a comment: text to graph to text, faults at their line, undo, save', async () => {
    const id = await console.api.create(COMMENTED);
    const { page, complaints } = await open(`/workflows/${id}/edit?view=both`);
    const text = page.locator('.cm-content');
    await page.locator('.react-flow__node', { hasText: 'first' }).click();
    await page.getByRole('textbox', { name: 'message' }).fill('changed');
    await page.locator('.cm-content', { hasText: 'message: changed # and the last' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.cm-content', { hasText: 'message: hello # and the last' }).waitFor();
    await page.getByRole('button', { name: 'Redo' }).click();
    await text.click();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText('  - id: second\n    type: nonsense');
    await page.getByText('Line 10:').waitFor();
    await page.locator('.node-fault', { hasText: 'second' }).waitFor();
    await page.keyboard.press('Control+Backspace');
    await page.keyboard.insertText('log\n    config: { message: two }\n');
    await page.getByText('Valid', { exact: true }).waitFor();
    await page.keyboard.press('Control+s');
    await page.getByText('Saved as version 2').waitFor();
    const version = (await (await console.server.fetch(`/api/v1/workflows/${id}/versions/2`)).json()) as {
      source: string;
    };
    for (const comment of ['# Keep me.', '# and me', '# me too', '# and the last']) {
      expect(version.source).toContain(comment);
    }
    await page.goto(at(`/workflows/${id}?tab=versions`));
    await page.getByRole('region', { name: 'Differences' }).locator('.cm-changedLine').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('runs a test with mocked outputs from the editor', async () => {
    const id = await console.api.create(FAILING.replace('Breaks', 'Breaks in a test'));
    const { page } = await open(`/workflows/${id}/edit`);
    await page.getByRole('button', { name: 'Test run' }).click();
    await page.getByLabel('boom', { exact: true }).check();
    await page.getByRole('button', { name: 'Run the test' }).click();
    await page.locator('[data-test-run=completed]').waitFor();
  });

  it('is found by keys: the palette, the list of shortcuts, the pages', async () => {
    await console.api.create('name: Needle\nsteps: [{id: a, type: log, config: {message: x}}]');
    const { page } = await open('/');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search' }).fill('needle');
    await page.getByRole('option', { name: /Needle/ }).waitFor();
    await page.keyboard.press('Enter');
    // At once: what fades on its way out has no say over keys any more.
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.getByRole('heading', { name: 'Needle', level: 1 }).waitFor();
    expect(await axeBreaches(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor();
  });
});

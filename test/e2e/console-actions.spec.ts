import { describe, expect, it } from 'vitest';
import { axeBreaches } from '../support/browser.js';
import { confirm, LONG_MS, more, signIn, useConsole } from '../support/console.js';
import { eventually } from '../support/eventually.js';
import { requireService } from '../support/services.js';

const SLEEPER = `name: Sleeps
steps:
  - {id: before, type: set, config: {values: {n: 1}}}
  - {id: sleep, type: wait, config: {duration: 1h}}
triggers:
  - {type: manual, name: By hand}
`;

describe.runIf(requireService('chromium'))('the actions of the console', { timeout: LONG_MS }, () => {
  const console = useConsole();
  const get = async (path: string): Promise<any> => (await console.api.get(path)).body;

  it('set, change and delete a secret, whose value is never shown again', async () => {
    const { page, complaints } = await console.open('/secrets');
    await page.getByRole('button', { name: 'New secret' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Name').fill('shop_token');
    await dialog.getByRole('textbox', { name: 'Value' }).fill('first-value');
    await dialog.getByLabel('Description').fill('of the shop');
    expect(await axeBreaches(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: 'shop_token' }).waitFor();
    expect(await page.content()).not.toContain('first-value');
    const [before] = (await get('/secrets?limit=10')).items;
    await page.getByRole('button', { name: 'New value' }).click();
    await dialog.getByRole('textbox', { name: 'Value' }).fill('second-value');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    const [after] = (await get('/secrets?limit=10')).items;
    expect(after).toMatchObject({ name: 'shop_token', description: 'of the shop' });
    expect(Date.parse(after.updated_at)).toBeGreaterThan(Date.parse(before.updated_at));
    await page.getByRole('button', { name: 'Delete' }).click();
    expect(await dialog.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
    await confirm(page, 'Delete', 'shop_token');
    await page.getByText('There are no secrets').waitFor();
    expect((await get('/secrets?limit=10')).items).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('make, test, change and delete a connection, and say why one does not work', async () => {
    const { page } = await console.open('/secrets?tab=connections');
    await page.getByRole('button', { name: 'New connection' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('archive');
    await dialog.getByRole('combobox', { name: 'Type' }).click();
    await page.getByRole('option', { name: 'smtp', exact: true }).click();
    const config = dialog.getByLabel('Configuration');
    await config.fill('{"host": "127.0.0.1"');
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await config.fill('{"host": "127.0.0.1", "port": 1, "from": "me@example.com"}');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: 'archive' }).waitFor();
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByRole('alert').getByText(/_/).first().waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await dialog.getByLabel('Name').fill('post');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: 'post' }).waitFor();
    expect((await get('/connections?limit=10')).items).toMatchObject([
      { name: 'post', type: 'smtp', config: { host: '127.0.0.1', port: 1 } },
    ]);
    await page.getByRole('button', { name: 'Delete' }).click();
    await confirm(page, 'Delete', 'post');
    await page.getByText('There are no connections').waitFor();
  });

  it('make a key that is shown once, works at once and is refused once revoked; the audit log has both', async () => {
    const { page } = await console.open('/access');
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('a program');
    await dialog.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: 'operator' }).click();
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('it is shown this once').waitFor();
    const key = await dialog.locator('pre, code').first().innerText();
    expect(await axeBreaches(page)).toEqual([]);
    const asKey = (): Promise<Response> =>
      fetch(`${console.server.url}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } });
    expect(await (await asKey()).json()).toMatchObject({ name: 'a program', role: 'operator' });
    await page.keyboard.press('Escape');
    await page.getByRole('cell', { name: 'a program' }).waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Revoke' }).click();
    await confirm(page, 'Revoke', 'a program');
    await page.getByText('There are no further keys').waitFor();
    expect((await asKey()).status).toBe(401);
    await page.getByRole('tab', { name: 'Audit log' }).click();
    await page.getByLabel('Action', { exact: true }).fill('api-keys.create');
    const created = page.getByRole('row', { name: /api-keys\.create/ }).first();
    await created.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('region', { name: 'After' }).getByText('"a program"').waitFor();
  });

  it('import a file as it is, and say at which line a wrong one is wrong', async () => {
    const { page } = await console.open('/workflows');
    const file = page.locator('input[type=file]');
    const yaml = '# from a file\nname: Imported\nsteps:\n  - {id: a, type: log, config: {message: hi}} # kept\n';
    const upload = (text: string): Promise<void> =>
      file.setInputFiles({ name: 'w.yaml', mimeType: 'application/yaml', buffer: Buffer.from(text) });
    await upload('name: Wrong\nsteps:\n  - {id: a, type: nonsense}\n');
    const alert = page.getByRole('alert').filter({ hasText: 'definition_invalid' });
    await alert.getByText(/line 3.*nonsense/i).waitFor();
    await upload(yaml);
    await page.getByRole('heading', { name: 'Imported', level: 1 }).waitFor();
    expect((await get('/workflows/imported/versions/1')).source).toBe(yaml);
  });

  it('restore a version, deploy, pause, resume, undeploy, archive and delete a workflow', async () => {
    const id = await console.api.create(SLEEPER.replace('Sleeps', 'Lives').replace('1h', '2h'));
    await console.api.call('PUT', `/workflows/${id}`, SLEEPER.replace('Sleeps', 'Lives'), {
      'content-type': 'application/yaml',
    });
    const { page, complaints } = await console.open(`/workflows/${id}?tab=versions`);
    await page.getByRole('button', { name: 'Restore' }).click();
    await confirm(page, 'Restore');
    await page.getByText('version 3').first().waitFor();
    expect((await get(`/workflows/${id}/versions/3`)).source).toContain('duration: 2h');
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.getByText('in force: 3').waitFor();
    await more(page, 'Pause');
    await page.locator('.status[data-status=paused]').waitFor();
    // The toast offers the way back.
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('.status[data-status=active]').waitFor();
    await more(page, 'Pause');
    await page.locator('.status[data-status=paused]').waitFor();
    await more(page, 'Resume');
    await page.locator('.status[data-status=active]').waitFor();
    await more(page, 'Undeploy');
    await confirm(page, 'Undeploy');
    await page.getByText('not deployed').waitFor();
    expect((await get(`/deployment/workflows/${id}/status`)).status).toBe('undeployed');
    await more(page, 'Archive');
    await confirm(page, 'Archive');
    await page.locator('.status[data-status=archived]').waitFor();
    expect(await page.getByRole('button', { name: 'Run', exact: true }).count()).toBe(0);
    await more(page, 'Delete');
    await confirm(page, 'Delete', 'lives');
    await page.getByRole('heading', { name: 'Workflows', level: 1 }).waitFor();
    expect((await console.api.get(`/workflows/${id}`)).status).toBe(404);
    expect(complaints).toEqual([]);
  });

  it('make a workflow a template and another one from it, with its own variables', async () => {
    const id = await console.api.create(
      'name: Greets\nvariables: {who: nobody}\nsteps: [{id: a, type: log, config: {message: "{{ variables.who }}"}}]',
    );
    const { page } = await console.open(`/workflows/${id}`);
    await more(page, 'Make it a template');
    await page.getByText('Others can be made from it now').waitFor();
    await page.goto(console.at('/library?tab=templates'));
    await page.getByRole('button', { name: 'Create from it' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Greets Ada');
    await dialog.getByLabel('who').fill('Ada');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'Greets Ada', level: 1 }).waitFor();
    expect((await get('/workflows/greets-ada')).variables).toEqual({ who: 'Ada' });
  });

  it('pause, resume and cancel an execution, and retry it', async () => {
    const execution = await console.api.start(await console.api.create(SLEEPER));
    await console.api.reaches(execution, 'waiting');
    const { page, complaints } = await console.open(`/executions/${execution}`);
    const status = (name: string) => page.locator(`h1 ~ * .status[data-status=${name}]`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await status('paused').waitFor();
    await console.api.reaches(execution, 'paused');
    await page.getByRole('button', { name: 'Resume' }).click();
    await status('waiting').waitFor();
    await page.getByRole('button', { name: 'Cancel the execution' }).click();
    await confirm(page, 'Cancel the execution');
    await status('cancelled').waitFor();
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await status('waiting').waitFor();
    expect((await console.api.reaches(execution, 'waiting')).attempt).toBe(2);
    const download = page.waitForEvent('download');
    await more(page, 'Download everything about it');
    expect((await download).suggestedFilename()).toBe(`execution-${execution}.json`);
    expect(complaints).toEqual([]);
  });

  it('retry many by the filters in the address', async () => {
    const failing = await console.api.create('name: Fails often\nsteps: [{id: a, type: fail, config: {message: no}}]');
    const ids = [await console.api.start(failing), await console.api.start(failing)];
    for (const id of ids) await console.api.reaches(id, 'failed');
    const { page } = await console.open(`/executions?workflow_id=${failing}&status=failed`);
    await page.getByText('2 executions').waitFor();
    await page.getByRole('button', { name: 'Retry all of these' }).click();
    await confirm(page, 'Retry all of these');
    await page.getByText('2 run again').waitFor();
    for (const id of ids) await eventually(async () => expect((await console.api.execution(id)).attempt).toBe(2));
  });

  it('make, change and delete a node template that definitions can use', async () => {
    const { page, complaints } = await console.open('/library?tab=node-templates');
    await page.getByRole('button', { name: 'New node template' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('greeting');
    await dialog.getByLabel('Description').fill('Says hello');
    expect(await axeBreaches(page)).toEqual([]);
    const text = dialog.getByLabel('Parameters and steps');
    await text.fill('steps: [');
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await text.fill(
      'parameters:\n  who: {type: string, required: true}\nsteps:\n  - {id: tell, type: log, config: {message: "Hello, {{ parameters.who }}"}}\n',
    );
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'greeting@1' }).waitFor();
    const done = await console.api.run(
      'name: Uses it\nsteps: [{id: a, template: greeting@1, with: {who: Ada}}]\noutput: "{{ steps.a.output.message }}"',
    );
    expect(done.output).toBe('Hello, Ada');
    await page.getByRole('button', { name: 'Edit' }).click();
    await dialog.getByLabel('Description').fill('Says it louder');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'greeting@2' }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await confirm(page, 'Delete');
    await page.getByText('There are no node templates').waitFor();
    expect(complaints).toEqual([]);
  });

  it('backfill a past range in the chosen zone, once it was looked at', async () => {
    const id = await console.api.create(`name: Daily
steps: [{id: a, type: log, config: {message: x}}]
triggers: [{type: cron, name: At eight, config: {cron: "0 8 * * *", timezone: Asia/Shanghai}}]`);
    const { body } = await console.api.post(`/deployment/workflows/${id}/deploy`);
    // The browser's zone is the chosen one until another is.
    const { page } = await console.open(`/triggers/${body.triggers[0].id}`, { timezoneId: 'Asia/Shanghai' });
    await page.getByRole('button', { name: 'Backfill' }).click();
    await page.getByText('Times are those of Asia/Shanghai.').waitFor();
    const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    const yesterday = new Date(Date.now() - 16 * 3_600_000).toISOString().slice(0, 10);
    await page.getByLabel('From').fill(`${yesterday}T07:59`);
    await page.getByLabel('To', { exact: true }).fill(`${yesterday}T08:01`);
    await page.getByRole('button', { name: 'Show what would fire' }).click();
    await page.getByRole('button', { name: 'Fire 1 instants' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('.status[data-status=fired]').waitFor();
    const [occurrence] = (await get(`/triggers/${body.triggers[0].id}/occurrences`)).items;
    expect(occurrence.scheduled_for).toBe(`${yesterday}T00:00:00.000Z`);
    expect(yesterday < today).toBe(true);
  });

  it('lead to the dashboard of the queue, which takes the key as its password', async () => {
    const { page } = await console.open('/', {
      httpCredentials: { username: 'me', password: console.server.apiKey },
    });
    await page.getByRole('link', { name: /Queues/ }).click();
    await page.waitForURL(`${console.server.url}/queues`);
    await page.getByText('executions').first().waitFor();
  });

  it('show what the server refuses with its code and what to do', async () => {
    const { page } = await console.open('/executions/01a00000-0000-7000-8000-000000000000');
    const alert = page.getByRole('alert');
    await alert.getByText('execution_not_found').waitFor();
    await alert.getByText('It may have been deleted, or the address is wrong.').waitFor();
  });

  it('ask for the key again when it was revoked meanwhile', async () => {
    const { body } = await console.api.post('/api-keys', { name: 'short', role: 'viewer' });
    const { page } = await console.open('/workflows', { key: body.key });
    await console.api.call('DELETE', `/api-keys/${body.id}`);
    await page.reload();
    await page.getByText('The server does not accept this key').waitFor();
    await signIn(page, console.server.apiKey);
  });
});

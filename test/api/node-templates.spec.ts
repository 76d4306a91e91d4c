import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { step, statuses } from '../support/api.js';
import { eventually } from '../support/eventually.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});

const SAY = { id: 'say', type: 'log', config: { message: '{{ parameters.text }}' } };
const TEXT = { text: { type: 'string', required: true } };

function add(name: string, steps: unknown = [SAY], parameters: object = TEXT) {
  return app.api.post('/node-templates', { name, description: 'Says it.', parameters, steps });
}

const using = (name: string, text: string) =>
  app.api.post('/workflows', { name: 'uses', definition: { steps: [{ id: 'u', template: name, with: { text } }] } });

describe('step templates', () => {
  it('are kept by name, each change as a version of its own', async () => {
    const made = await add('kept');
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'kept', version: 1, parameters: TEXT, steps: [SAY] });
    const steps = [{ ...SAY, config: { message: 'now {{ parameters.text }}' } }];
    const changed = await app.api.call('PUT', '/node-templates/kept', { parameters: TEXT, steps });
    expect(changed.body).toMatchObject({ version: 2, description: 'Says it.', steps });
    const same = await app.api.call('PUT', `/node-templates/${made.body.id}`, { parameters: TEXT, steps });
    expect(same.body).toMatchObject({ version: 2 });
    expect((await app.api.get('/node-templates/kept?version=1')).body).toMatchObject({ version: 1, steps: [SAY] });
    const { body } = await app.api.get('/node-templates/kept/versions');
    expect(body.items.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
    expect((await app.api.get('/node-templates?q=KEPT')).body.items).toMatchObject([{ name: 'kept', version: 2 }]);
  });

  it('are listed page by page', async () => {
    for (const name of ['page_a', 'page_b', 'page_c']) await add(name);
    const first = await app.api.get('/node-templates?q=page_&limit=2');
    expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual(['page_a', 'page_b']);
    const second = await app.api.get(`/node-templates?q=page_&limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body).toMatchObject({ items: [{ name: 'page_c' }], next_cursor: null });
  });

  it('are refused where they are taken, unknown, or out of order', async () => {
    await add('taken');
    expect((await add('taken')).body).toMatchObject({ status: 409, code: 'node_template_exists' });
    const old = await app.api.call('PUT', '/node-templates/taken', {
      steps: [{ ...SAY, id: 'b' }],
      parameters: TEXT,
      version: 1,
    });
    expect(old.body).toMatchObject({ status: 409, code: 'node_template_version' });
    expect((await app.api.get('/node-templates/nobody')).body).toMatchObject({ code: 'node_template_not_found' });
    expect((await app.api.get('/node-templates/taken?version=9')).status).toBe(404);
    expect((await add('not a name')).status).toBe(422);
  });

  it.each([
    ['a step of an unknown type', [{ id: 'a', type: 'nothing' }], {}, 'steps[0].type', 'type_unknown'],
    [
      'a config fault',
      [{ id: 'a', type: 'log', config: { level: 'loud', message: 'x' } }],
      {},
      'steps[0].config.level',
      'value_invalid',
    ],
    ['a parameter that is not declared', [SAY], {}, 'steps[0].config.message', 'template_parameter_unknown'],
    [
      'a step that does not exist',
      [{ ...SAY, config: { message: '{{ steps.gone.output }}' } }],
      {},
      'steps[0].config.message',
      'reference_unknown',
    ],
    [
      'a type of parameter that does not exist',
      [SAY],
      { text: { type: 'text' } },
      'parameters.text.type',
      'value_invalid',
    ],
    [
      'a default of another type',
      [SAY],
      { text: { type: 'integer', default: 'x' } },
      'parameters.text.default',
      'value_invalid',
    ],
    [
      'another template that does not exist',
      [{ id: 'a', template: 'gone@1' }],
      {},
      'steps[0].template',
      'template_unknown',
    ],
  ])('are refused with %s', async (_what, steps, parameters, path, code) => {
    const { status, body } = await add('refused', steps, parameters);
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path, code }]);
  });

  it('accept a parameter where only a value of some type may stand', async () => {
    const steps = [
      { ...SAY, timeout: '{{ parameters.within }}', retry_policy: { max_attempts: '{{ parameters.tries }}' } },
    ];
    const parameters = { ...TEXT, within: { type: 'duration', default: '5s' }, tries: { type: 'integer', default: 2 } };
    expect((await add('typed', steps, parameters)).status).toBe(201);
    const workflow = await using('typed@1', 'x');
    expect(workflow.body.definition.steps).toMatchObject([{ timeout: '5s', retry_policy: { max_attempts: 2 } }]);
  });

  it('are frozen with the version that used them: neither a change nor a deletion changes it', async () => {
    await add('frozen');
    const { body: workflow } = await using('frozen@1', 'hello');
    await app.api.call('PUT', '/node-templates/frozen', { steps: [{ id: 's', type: 'stop', config: { output: 1 } }] });
    await app.api.call('PATCH', `/workflows/${workflow.id}`, {
      definition: { steps: [{ id: 'u', type: 'log', config: { message: 'other' } }] },
    });
    expect((await app.api.call('DELETE', '/node-templates/frozen')).status).toBe(204);
    expect((await app.api.get('/node-templates/frozen')).status).toBe(404);
    const restored = await app.api.post(`/workflows/${workflow.id}/versions/1/restore`);
    expect(restored.body.definition.steps).toMatchObject([{ id: 'u', type: 'log', config: { message: 'hello' } }]);
    expect((await using('frozen@1', 'x')).body.errors).toMatchObject([{ code: 'template_unknown' }]);
  });

  it('restore from a text that names a template which is gone', async () => {
    await add('passing');
    const text = 'name: Passing\nsteps:\n  - {id: u, template: passing@1, with: {text: hello}}\n';
    const id = await app.api.create(text);
    await app.api.call('PATCH', `/workflows/${id}`, {
      definition: { steps: [{ id: 'x', type: 'log', config: { message: 'y' } }] },
    });
    await app.api.call('DELETE', '/node-templates/passing');
    const { body } = await app.api.post(`/workflows/${id}/versions/1/restore`);
    expect(body.definition.steps).toMatchObject([{ id: 'u', type: 'log' }]);
  });

  it('run as a group: inside by their own names, outside by the id of the step, failing as one', async () => {
    await add(
      'chain',
      [
        { id: 'one', type: 'set', config: { values: { n: '{{ parameters.n + 1 }}' } } },
        { id: 'two', type: 'set', config: { values: { n: '{{ steps.one.output.n * 10 }}' } } },
        {
          id: 'odd',
          type: 'condition',
          config: {
            expression: '{{ steps.two.output.n > 100 }}',
            then: [{ id: 'no', type: 'fail', config: { message: 'too much', code: 'too_much' } }],
          },
        },
        { id: 'three', type: 'set', config: { values: { n: '{{ steps.two.output.n + 1 }}' } } },
      ],
      { n: { type: 'integer' } },
    );
    const text = `
name: Chained
steps:
  - {id: each, type: loop, config: {items: [1, 2], steps: [{id: c, template: chain@1, with: {n: "{{ item }}"}}]}}
  - {id: bad, template: chain@1, with: {n: 50}, on_error: continue}
  - {id: off, template: chain@1, with: {n: 1}, when: "false"}
  - {id: end, type: set, config: {values: {bad: "{{ steps.bad.status }}", all: "{{ steps.each.output.results }}"}}, join: all_done}
`;
    const execution = await app.api.run(text);
    expect(execution.status).toBe('completed');
    expect(execution.output).toEqual({ bad: 'failed', all: [{ n: 21 }, { n: 31 }] });
    expect(step(execution, 'bad').error).toMatchObject({ code: 'too_much' });
    expect(statuses(execution)).toMatchObject({
      'each[1].c.steps.three': 'completed',
      'bad.steps.odd.no': 'failed',
      off: 'skipped',
    });
  });

  it('hand secrets to where they are needed, and keep them from everywhere else', async () => {
    await app.api.post('/secrets', { name: 'tpl_token', value: 'planted-template-secret' });
    await add(
      'caller',
      [
        { id: 'a', type: 'log', config: { message: 'calls' } },
        {
          id: 'b',
          type: 'script',
          config: { code: 'return args.token.length;', args: { token: '{{ parameters.token }}' } },
        },
      ],
      { token: {} },
    );
    const execution = await app.api.run(
      'name: Secretive\nsteps:\n  - {id: go, template: caller@1, with: {token: "{{ secrets.tpl_token }}"}}\n',
    );
    expect(execution.output).toMatchObject({ result: 23 });
    expect(JSON.stringify(execution)).not.toContain('planted-template-secret');
  });

  it('leave a line in the audit log for every write', async () => {
    await add('audited');
    await app.api.call('DELETE', '/node-templates/audited');
    await eventually(async () => {
      const { body } = await app.api.get('/audit-log?action=node-templates.delete&resource=node-templates/audited');
      expect(body.items).toMatchObject([{ before: { name: 'audited' } }]);
    });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let server: RecordingServer;
let answer: Answer = (_call, response) => response.end('{}');

beforeAll(async () => {
  ({ api } = await startApp());
  server = await startRecordingServer((call, response) => answer(call, response));
});

describe('switch', () => {
  const yaml = `
name: sizes
steps:
  - id: size
    type: switch
    config:
      value: "{{ input.size }}"
      cases:
        - equals: small
          steps: [{id: small, type: set, config: {values: {price: 1}}}]
        - when: input.size == 'large' && input.rush
          steps: [{id: rushed, type: set, config: {values: {price: 9}}}]
        - {equals: [1, {a: 2}]}
      default:
        - {id: other, type: set, config: {values: {price: 5}}}
  - {id: after, type: set, config: {values: {branch: "{{ steps.size.output.branch }}"}}}
`;

  it.each([
    [{ size: 'small', rush: false }, 'cases[0]', { 'size.small': 'completed' }],
    [{ size: 'large', rush: true }, 'cases[1]', { 'size.rushed': 'completed' }],
    [{ size: [1, { a: 2 }], rush: true }, 'cases[2]', {}],
    [{ size: 'large', rush: false }, 'default', { 'size.other': 'completed' }],
  ])('with %j takes %s, and only its steps run', async (input, branch, inside) => {
    const execution = await api.run(yaml, { input });
    expect(statuses(execution)).toEqual({ size: 'completed', after: 'completed', ...inside });
    expect(step(execution, 'size').output).toEqual({ branch });
    expect(execution.output).toEqual({ branch });
  });

  it('leaves by the port of its case in the nodes form', async () => {
    const set = (id: string) => ({ id, type: 'ACTION', subtype: 'set', parameters: { values: { took: id } } });
    const definition = {
      name: 'switch ports',
      nodes: [
        {
          id: 'which',
          type: 'FLOW',
          subtype: 'switch',
          parameters: { value: '{{ input.kind }}', cases: [{ equals: 'a' }, { equals: 'b' }] },
        },
        set('a'),
        set('b'),
        set('none'),
      ],
      connections: [
        { from: 'which', output: 'cases[0]', to: 'a' },
        { from: 'which', output: 'case_1', to: 'b' },
        { from: 'which', output: 'default', to: 'none' },
      ],
    };
    const created = await api.post('/workflows', definition);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    for (const [kind, took] of [
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'none'],
    ]) {
      const { body } = await api.post(`/workflows/${created.body.id}/run`, { input: { kind }, wait: true });
      expect(body.output).toEqual({ took });
    }
  });

  it('is refused with a case that has both or neither of `equals` and `when`, or nothing to compare with', async () => {
    const broken = `
name: broken
steps:
  - {id: s, type: switch, config: {cases: [{equals: 1, when: "true"}, {steps: []}]}}
`;
    const { status, body } = await api.call('POST', '/workflows', broken, { 'content-type': 'application/yaml' });
    expect(status).toBe(422);
    expect(body.errors.map((fault: any) => fault.path).sort()).toEqual([
      'steps[0].config.cases[0].when',
      'steps[0].config.cases[1].equals',
      'steps[0].config.value',
    ]);
  });
});

describe('fail', () => {
  it('fails the execution with its message and code, and on_failure sees them', async () => {
    const execution = await api.run(
      `
name: failing on purpose
steps:
  - {id: refuse, type: fail, config: {message: "No customer {{ input.id }}", code: customer_unknown}}
  - {id: never, type: set, config: {values: {x: 1}}}
on_failure:
  - {id: tell, type: set, config: {values: {code: "{{ execution.error.code }}"}}}
`,
      { input: { id: 7 } },
    );
    expect(execution.status).toBe('failed');
    expect(execution.error).toMatchObject({
      code: 'customer_unknown',
      message: 'No customer 7',
      step_path: 'refuse',
    });
    expect(statuses(execution)).toEqual({ refuse: 'failed', tell: 'completed' });
    expect(step(execution, 'tell').output).toEqual({ code: 'customer_unknown' });
  });
});

describe('stop', () => {
  it('ends the execution as completed with its output: nothing after it runs, and finally does', async () => {
    const execution = await api.run(
      `
name: stopping
output: {never: "{{ steps.check.output.result }}"}
steps:
  - id: check
    type: condition
    config:
      expression: input.found
      else:
        - {id: halt, type: stop, config: {output: {found: false, id: "{{ input.id }}"}}}
        - {id: inside, type: set, config: {values: {x: 1}}}
  - {id: after, type: set, config: {values: {x: 1}}}
finally:
  - {id: clean, type: set, config: {values: {status: "{{ execution.status }}"}}}
`,
      { input: { found: false, id: 3 } },
    );
    expect(execution.status).toBe('completed');
    expect(execution.output).toEqual({ found: false, id: 3 });
    expect(statuses(execution)).toEqual({
      check: 'cancelled',
      'check.halt': 'completed',
      clean: 'completed',
    });
    expect(step(execution, 'clean').output).toEqual({ status: 'completed' });
  });

  it('cancels what runs beside it', async () => {
    let aborted = false;
    answer = ({ url }, response) => {
      if (url === '/trigger') response.end('{}');
      // Never answered: only an abort ends it.
      else response.on('close', () => (aborted = true));
    };
    const execution = await api.run(`
name: stopping others
steps:
  - {id: long, type: http, depends_on: [], config: {url: "${server.url}/long"}}
  - {id: nap, type: wait, depends_on: [], config: {duration: 1h}}
  - {id: short, type: http, depends_on: [], config: {url: "${server.url}/trigger"}}
  - {id: halt, type: stop, depends_on: [short]}
`);
    expect(execution).toMatchObject({ status: 'completed', output: null, error: null });
    expect(statuses(execution)).toEqual({
      long: 'cancelled',
      nap: 'cancelled',
      short: 'completed',
      halt: 'completed',
    });
    expect(aborted).toBe(true);
  });

  it('in on_failure ends that part only: the execution stays failed', async () => {
    const execution = await api.run(`
name: stopping late
steps: [{id: bad, type: fail, config: {message: no}}]
on_failure:
  - {id: halt, type: stop, config: {output: 1}}
  - {id: never, type: set, config: {values: {x: 1}}}
finally: [{id: clean, type: set, config: {values: {x: 1}}}]
`);
    expect(execution).toMatchObject({ status: 'failed', output: null, error: { code: 'failed', step_path: 'bad' } });
    expect(statuses(execution)).toEqual({ bad: 'failed', halt: 'completed', clean: 'completed' });
  });
});

describe('parallel', () => {
  it('runs its branches at the same time and gives the output of the last step of each', async () => {
    const waiting: (() => void)[] = [];
    answer = (_call, response) => {
      waiting.push(() => response.end('{}'));
      // Nobody is answered before both have come.
      if (waiting.length === 2) for (const finish of waiting) finish();
    };
    const execution = await api.run(`
name: fork
steps:
  - {id: n, type: set, config: {values: {n: 2}}}
  - id: fork
    type: parallel
    branches:
      left:
        - {id: x, type: http, config: {url: "${server.url}/left"}}
        - {id: y, type: set, config: {values: {status: "{{ steps.x.output.status_code * steps.n.output.n }}"}}}
      right: [{id: x, type: http, config: {url: "${server.url}/right"}}]
      empty: []
  - {id: after, type: set, config: {values: {left: "{{ steps.fork.output.branches.left.status }}"}}}
`);
    expect(execution).toMatchObject({ status: 'completed', output: { left: 400 } });
    expect(statuses(execution)).toEqual({
      n: 'completed',
      fork: 'completed',
      'fork.left.x': 'completed',
      'fork.left.y': 'completed',
      'fork.right.x': 'completed',
      after: 'completed',
    });
    expect(step(execution, 'fork').output).toMatchObject({
      branches: { left: { status: 400 }, right: { status_code: 200 }, empty: null },
      completed: 3,
      failed: 0,
    });
  });

  it('holds max_concurrency', async () => {
    let active = 0;
    let most = 0;
    answer = (_call, response) => {
      most = Math.max(most, ++active);
      setImmediate(() => {
        active--;
        response.end('{}');
      });
    };
    const branches = Array.from(
      { length: 7 },
      (_, n) =>
        `      b${n}: [{id: a, type: http, config: {url: "${server.url}/${n}"}}, {id: b, type: log, config: {message: x}}]`,
    );
    const execution = await api.run(
      `name: narrow\nsteps:\n  - id: fork\n    type: parallel\n    config: {max_concurrency: 2}\n    branches:\n${branches.join('\n')}\n`,
    );
    expect(step(execution, 'fork').output).toMatchObject({ completed: 7, failed: 0 });
    expect(most).toBeLessThanOrEqual(2);
  });

  const first = (): string => `{id: first, type: http, config: {url: "${server.url}/first"}}, `;
  /** `first` is answered once `never` has come, which never is; the branch that waits for it decides. */
  const race = (config: string, decides: 'quick' | 'bad'): string => `
name: race
steps:
  - id: fork
    type: parallel
    on_error: continue
    config: ${config}
    branches:
      quick: [${decides === 'quick' ? first() : ''}{id: a, type: set, config: {values: {who: quick}}}]
      never: [{id: a, type: http, config: {url: "${server.url}/never"}}, {id: b, type: set, config: {values: {x: 1}}}]
      asleep: [{id: a, type: wait, config: {duration: 1h}}]
      bad: [${decides === 'bad' ? first() : ''}{id: a, type: fail, config: {message: no, code: refused}}]
  - {id: after, type: transform, config: {expression: steps.fork.output}}
`;
  const raceUntilNeverHasCome = (): { wasAborted: () => boolean } => {
    let aborted = false;
    const held: (() => void)[] = [];
    const came = new Set<string>();
    answer = ({ url }, response) => {
      came.add(url);
      if (url === '/first') held.push(() => response.end('{}'));
      else response.on('close', () => (aborted = true));
      if (came.size === 2) for (const finish of held) finish();
    };
    return { wasAborted: () => aborted };
  };
  const leaves = {
    after: 'completed',
    'fork.quick.a': 'completed',
    'fork.never.a': 'cancelled',
    'fork.asleep.a': 'cancelled',
    'fork.bad.a': 'failed',
  };

  it('goes on with wait_for: any when one has completed, and cancels those left over', async () => {
    const never = raceUntilNeverHasCome();
    const execution = await api.run(race('{wait_for: any}', 'quick'));
    expect(statuses(execution)).toEqual({ ...leaves, fork: 'completed', 'fork.quick.first': 'completed' });
    expect(never.wasAborted()).toBe(true);
    expect(execution.output).toEqual({
      branches: {
        quick: { who: 'quick' },
        never: null,
        asleep: null,
        bad: { error: { code: 'refused', message: 'no', step_path: 'fork.bad.a' } },
      },
      completed: 1,
      failed: 1,
    });
  });

  it('with fail_fast fails, and cancels the others, when wait_for cannot be reached any more', async () => {
    const never = raceUntilNeverHasCome();
    const execution = await api.run(race('{fail_fast: true}', 'bad'));
    expect(statuses(execution)).toEqual({ ...leaves, fork: 'failed', 'fork.bad.first': 'completed' });
    expect(never.wasAborted()).toBe(true);
    expect(step(execution, 'fork').error).toEqual({ code: 'refused', message: 'no', step_path: 'fork.bad.a' });
    expect(execution.output).toMatchObject({ completed: 1, failed: 1 });
  });

  it('without it lets the others end before it fails', async () => {
    answer = (_call, response) => response.end('{}');
    const execution = await api.run(`
name: patient
steps:
  - id: fork
    type: parallel
    branches:
      bad: [{id: a, type: fail, config: {message: no}}]
      good: [{id: a, type: http, config: {url: "${server.url}/good"}}, {id: b, type: set, config: {values: {x: 1}}}]
`);
    expect(execution).toMatchObject({ status: 'failed', error: { code: 'failed', step_path: 'fork.bad.a' } });
    expect(statuses(execution)).toMatchObject({ fork: 'failed', 'fork.good.b': 'completed' });
    expect(step(execution, 'fork').output).toMatchObject({ completed: 1, failed: 1, branches: { good: { x: 1 } } });
  });

  it('may stand inside itself and inside branches', async () => {
    const execution = await api.run(`
name: nested forks
steps:
  - id: outer
    type: parallel
    branches:
      a:
        - id: inner
          type: parallel
          branches:
            p: [{id: x, type: set, config: {values: {n: 1}}}]
            q:
              - id: check
                type: condition
                config:
                  expression: "true"
                  then:
                    - {id: x, type: set, config: {values: {n: 2}}}
        - {id: sum, type: transform, config: {expression: "steps.inner.output.branches.p.n + steps.inner.output.branches.q.n"}}
      b: [{id: skip, type: set, when: "false", config: {values: {n: 1}}}]
`);
    expect(execution.output).toEqual({ branches: { a: 3, b: null }, completed: 2, failed: 0 });
    expect(Object.keys(statuses(execution))).toEqual(
      expect.arrayContaining(['outer.a.inner.p.x', 'outer.a.inner.q.check.x', 'outer.b.skip']),
    );
  });

  it('is stopped from inside by stop, everywhere', async () => {
    answer = () => undefined;
    const execution = await api.run(`
name: stop inside
steps:
  - id: fork
    type: parallel
    branches:
      never: [{id: a, type: http, config: {url: "${server.url}/never"}}]
      halt: [{id: a, type: stop, config: {output: done}}]
`);
    expect(execution).toMatchObject({ status: 'completed', output: 'done' });
    expect(statuses(execution)).toMatchObject({ fork: 'cancelled', 'fork.halt.a': 'completed' });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Api } from '../support/api.js';
import { clientOf, POSTGRES_ONLY } from '../support/deployments.js';
import { startServer } from '../support/server.js';

/** One line a fault; `line` and what stands there are checked against the text itself. */
const BROKEN = `version: "1.0"
name: Seven faults
timeout: soon
steps:
  - id: fetch
    type: htpp
    config: {url: "https://example.com"}
  - id: fetch
    type: log
    config: {message: "again"}
  - id: shape
    type: set
    depends_on: [missing]
    config: {values: {n: "{{ steps.nobody.output.n }}"}}
  - id: bad
    type: set
    config: {values: {n: "{{ 1 + }}"}}
    colour: red
  - id: call
    type: http
    config: {method: GET}
triggers:
  - {type: cron, config: {cron: "99 * * * *"}}
`;

const FAULTS = [
  { code: 'duration_invalid', path: 'timeout', at: 'soon' },
  { code: 'type_unknown', path: 'steps[0].type', at: 'htpp' },
  { code: 'id_duplicate', path: 'steps[1].id', at: 'fetch' },
  { code: 'dependency_unknown', path: 'steps[2].depends_on[0]', at: 'missing' },
  { code: 'reference_unknown', path: 'steps[2].config.values.n', at: 'steps.nobody' },
  { code: 'expression_syntax', path: 'steps[3].config.values.n', at: '1 + ' },
  { code: 'field_unknown', path: 'steps[3].colour', at: 'colour' },
];

interface Fault {
  path: string;
  line: number;
  column: number;
  code: string;
  message: string;
}

let api: Api;
beforeAll(async () => {
  const [, open] = POSTGRES_ONLY;
  api = clientOf(await startServer(await open()));
});

const post = (path: string, text: string): Promise<Answer> =>
  api.call('POST', path, text, { 'content-type': 'application/yaml' });

describe('a definition with many faults', () => {
  it('gets one 422 with every one of them, each where it stands', async () => {
    const answer = await post('/workflows', BROKEN);
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'definition_invalid', status: 422 });
    const errors = answer.body.errors as Fault[];
    for (const { code, path, at } of FAULTS) {
      const fault = errors.find((one) => one.code === code);
      expect(fault, `${code} among ${JSON.stringify(errors)}`).toMatchObject({ path });
      expect(fault?.message).not.toBe('');
      expect(lineOf(fault), `the line of ${code}`).toContain(at);
    }
    for (const fault of errors) expect(lineOf(fault).length).toBeGreaterThanOrEqual(fault.column);
    expect(errors.map((fault) => fault.line)).toEqual(errors.map((fault) => fault.line).sort((a, b) => a - b));
    // The missing `url` and the wrong cron line are faults of the types' own configs.
    expect(errors.map((fault) => fault.path)).toEqual(
      expect.arrayContaining(['steps[4].config.url', 'triggers[0].config.cron']),
    );
    expect(errors.length).toBe(FAULTS.length + 2);
    expect((await api.get('/workflows')).body.items).toEqual([]);
  });

  it('is not valid at validate: 200 with the same faults', async () => {
    const answer = await post('/workflows/validate', BROKEN);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ valid: false, plan: null });
    expect(answer.body.errors).toEqual((await post('/workflows', BROKEN)).body.errors);
  });
});

it('what is missing as a whole is shown where it should stand', async () => {
  const { body } = await post('/workflows', 'version: "1.0"\nsteps: []\n');
  const errors = body.errors as Fault[];
  expect(errors.map((fault) => [fault.code, fault.path])).toEqual(
    expect.arrayContaining([
      ['field_required', 'name'],
      ['steps_empty', 'steps'],
    ]),
  );
  for (const fault of errors)
    expect([typeof fault.line, typeof fault.column], fault.code).toEqual(['number', 'number']);
});

function lineOf(fault: Fault | undefined): string {
  return BROKEN.split('\n')[(fault?.line ?? 0) - 1] ?? '';
}

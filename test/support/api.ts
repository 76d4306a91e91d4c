import { expect } from 'vitest';
import { eventually } from './eventually.js';

export interface StepView {
  id: string;
  step_id: string;
  step_path: string;
  type: string;
  status: string;
  attempt: number;
  input: unknown;
  output: any;
  error: { code: string; message: string } | null;
  waiting: { for: string; until: string | null } | null;
  attempts: { attempt: number; error: { code: string } }[];
  started_at: string | null;
  finished_at: string | null;
}

export interface ExecutionView {
  id: string;
  workflow_id: string;
  status: string;
  input: any;
  output: any;
  error: { code: string; message: string; step_path: string | null } | null;
  trigger_type: string;
  attempt: number;
  step_executions: StepView[];
}

export interface Answer<T = any> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A client as a user would write one. */
export class Api {
  constructor(
    private readonly base: string,
    private readonly key: string | null,
  ) {}

  async call<T = any>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const sent = new Headers(headers);
    if (this.key !== null && !sent.has('authorization')) sent.set('authorization', `Bearer ${this.key}`);
    if (body !== undefined && typeof body !== 'string') sent.set('content-type', 'application/json');
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const url = path.startsWith('/webhook') || path.startsWith('/health') ? path : `/api/v1${path}`;
    const response = await fetch(this.base + url, { method, headers: sent, body: payload });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === '' ? null : parse(text)) as T };
  }

  get<T = any>(path: string): Promise<Answer<T>> {
    return this.call('GET', path);
  }

  post<T = any>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.call('POST', path, body, headers);
  }

  /** @returns the id of a workflow made of a YAML text. */
  async create(yaml: string): Promise<string> {
    const { status, body } = await this.call('POST', '/workflows', yaml, { 'content-type': 'application/yaml' });
    expect(status, JSON.stringify(body)).toBe(201);
    return body.id as string;
  }

  /** @returns the id of an execution that was just started. */
  async start(workflow: string, body: unknown = {}): Promise<string> {
    const answer = await this.post(`/workflows/${workflow}/execute`, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    return answer.body.execution_id as string;
  }

  async execution(id: string): Promise<ExecutionView> {
    const { status, body } = await this.get(`/executions/${id}`);
    expect(status).toBe(200);
    return body as ExecutionView;
  }

  /** @returns the execution when it is in this status. */
  async reaches(id: string, status: string): Promise<ExecutionView> {
    return await eventually(async () => {
      const execution = await this.execution(id);
      expect(execution.status, JSON.stringify(execution.error)).toBe(status);
      return execution;
    });
  }

  /** Runs a workflow made of a YAML text to its end. */
  async run(yaml: string, body: Record<string, unknown> = {}): Promise<ExecutionView> {
    const workflow = await this.create(yaml);
    const answer = await this.post(`/workflows/${workflow}/execute`, { ...body, wait: true });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body as ExecutionView;
  }
}

export function statuses(execution: ExecutionView): Record<string, string> {
  return Object.fromEntries(execution.step_executions.map((step) => [step.step_path, step.status]));
}

export function step(execution: ExecutionView, path: string): StepView {
  const found = execution.step_executions.find((one) => one.step_path === path);
  if (found === undefined) throw new Error(`no step ${path} among ${Object.keys(statuses(execution)).join(', ')}`);
  return found;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

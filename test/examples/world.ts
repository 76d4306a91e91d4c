import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Api, ExecutionView } from '../support/api.js';
import { startApp } from '../support/app.js';
import { ROOT } from '../support/paths.js';
import { startRecordingServer, type RecordedCall, type RecordingServer } from '../support/recording-server.js';

export const EXAMPLES = join(ROOT, 'examples');
/** Where every example expects the servers that it calls. */
const CALLED = 'http://localhost:9000';

export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
}
/** By `METHOD /path` without the query; a list gives one answer after the other, the last one again and again. */
export type Replies = Record<string, Reply | Reply[]>;

export interface TriggerView {
  readonly id: string;
  readonly type: string;
}

/** One server, the servers that the examples call, and what a person at a terminal would do. */
export class World {
  private replies: Replies = {};
  private from = 0;

  private constructor(
    readonly api: Api,
    private readonly server: RecordingServer,
  ) {}

  static async start(): Promise<World> {
    const { api } = await startApp({ GITHUB_WEBHOOK_SECRET: 'hush' });
    const server = await startRecordingServer((call, response) => {
      const { status = 200, json = {} } = world.reply(call);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    });
    const world = new World(api, server);
    return world;
  }

  /** From here on the servers answer so; `calls()` begins anew. */
  answers(replies: Replies): void {
    this.replies = structuredClone(replies);
    this.from = this.server.calls.length;
  }

  calls(): RecordedCall[] {
    return this.server.calls.slice(this.from);
  }

  called(): string[] {
    return this.calls().map(nameOf);
  }

  sent(name: string): unknown {
    const call = this.calls().find((one) => nameOf(one) === name);
    if (call === undefined) throw new Error(`no call ${name} among ${this.called().join(', ')}`);
    return JSON.parse(call.body) as unknown;
  }

  private reply(call: RecordedCall): Reply {
    const found = this.replies[nameOf(call)];
    if (found === undefined) return { status: 404 };
    if (!Array.isArray(found)) return found;
    return (found.length > 1 ? found.shift() : found[0]) ?? {};
  }

  /** Creates and deploys an example as it stands, but for the addresses that it calls and what `changes` replaces. */
  async deploy(file: string, changes: Record<string, string> = {}): Promise<{ id: string; triggers: TriggerView[] }> {
    let text = readFileSync(join(EXAMPLES, file), 'utf8').replaceAll(CALLED, this.server.url);
    for (const [from, to] of Object.entries(changes)) {
      expect(text, `${file} without "${from}"`).toContain(from);
      text = text.replaceAll(from, to);
    }
    const id = await this.api.create(text);
    const { status, body } = await this.api.post(`/deployment/workflows/${id}/deploy`);
    expect(status, JSON.stringify(body)).toBe(201);
    return { id, triggers: body.triggers as TriggerView[] };
  }

  /** @returns the execution that a 2xx answer names, when it has completed. */
  async completed(answer: { status: number; body: any }): Promise<ExecutionView> {
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    return await this.api.reaches(answer.body.execution_id as string, 'completed');
  }
}

function nameOf(call: RecordedCall): string {
  return `${call.method} ${call.url.split('?')[0] ?? ''}`;
}

import { ConnectionNotFoundError } from '../../src/common/connections/connections.errors.js';
import type { AbortReason, NodeContext } from '../../src/nodes/node.contract.js';
import { MemoryFiles } from './memory-files.js';

export interface LoggedLine {
  level: string;
  message: string;
  data: unknown;
}

export interface TestContext<C extends object> extends NodeContext<C> {
  readonly lines: LoggedLine[];
  abort(reason: AbortReason): void;
}

/** A node's world in a test: what it logs is kept, and the test may abort it. */
export function nodeContext<C extends object>(config: C, given: Partial<NodeContext<C>> = {}): TestContext<C> {
  const controller = new AbortController();
  const lines: LoggedLine[] = [];
  const write =
    (level: string) =>
    (message: string, data?: unknown): void =>
      void lines.push({ level, message, data });
  return {
    config,
    input: null,
    executionId: '0193b3a0-0000-7000-8000-000000000001',
    workflowId: '0193b3a0-0000-7000-8000-000000000002',
    stepExecutionId: '0193b3a0-0000-7000-8000-000000000003',
    stepPath: 'step',
    attempt: 1,
    idempotencyKey: '0193b3a0-0000-7000-8000-000000000001:step',
    connections: { get: (name) => Promise.reject(new ConnectionNotFoundError(name)) },
    signal: controller.signal,
    now: () => Date.now(),
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    files: new MemoryFiles(),
    resumed: null,
    ...given,
    lines,
    abort: (reason) => controller.abort(reason),
  };
}

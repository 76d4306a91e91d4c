import { Injectable } from '@nestjs/common';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { Redactor } from '../../../common/logging/redactor.js';
import {
  Memory,
  type MemoryEntry,
  type MemoryPlace,
  type MemoryWrite,
} from '../../../common/memory/memory.contract.js';
import { MemoryValueError } from '../../../common/memory/memory.errors.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { MemoryConfig } from './memory.config.js';

@Injectable()
export class MemoryNode extends NodeType<MemoryConfig> {
  readonly type = 'memory';
  readonly kind = 'MEMORY';
  readonly title = 'Memory';
  readonly description = 'Keeps small values beyond the life of a step, and finds them again.';
  readonly config = MemoryConfig;

  constructor(
    private readonly memory: Memory,
    private readonly redactor: Redactor,
  ) {
    super();
  }

  effect(): 'idempotent' {
    return 'idempotent';
  }

  override faults({ operation, scope, conversation, key, value, query }: MemoryConfig): readonly Fault[] {
    const faults: Fault[] = [];
    const need = (path: string): number =>
      faults.push({ path, code: 'field_required', message: `"${path}" is required for ${operation}` });
    const isMany = operation === 'list' || operation === 'search';
    if (scope === 'conversation' && conversation === undefined) need('conversation');
    if (!isMany && key === undefined) need('key');
    if ((operation === 'set' || operation === 'append') && value === undefined) need('value');
    if (operation === 'search' && query === undefined) need('query');
    return faults;
  }

  async execute(ctx: NodeContext<MemoryConfig>): Promise<NodeOutcome> {
    const config = this.withoutSecrets(ctx.config);
    const { operation, key = '', if_revision: ifRevision = null } = config;
    const place = placeOf(ctx);
    if (operation === 'list' || operation === 'search') {
      const query = operation === 'search' ? (config.query ?? '') : '';
      return done({ items: (await this.memory.list(place, config.prefix, query, config.limit)).map(itemOf) });
    }
    if (operation === 'delete')
      return done({ deleted: await this.memory.delete(place, key, ifRevision, ctx.idempotencyKey) });
    if (operation === 'get') {
      const entry = await this.memory.get(place, key);
      return done({ value: entry === null ? (config.default ?? null) : entry.value, revision: entry?.revision ?? 0 });
    }
    const write: MemoryWrite = {
      ttlMs: config.ttl === undefined ? null : parseDuration(config.ttl),
      ifRevision,
      writtenBy: ctx.idempotencyKey,
    };
    const { value, revision } = await this.memory.change(
      place,
      key,
      (before) => CHANGES[operation](before, config),
      write,
    );
    return done({ value, revision });
  }

  /** What is kept is shown by the API and stands in the database as it is. */
  private withoutSecrets(config: MemoryConfig): MemoryConfig {
    const { key, value } = config;
    return {
      ...config,
      ...(key !== undefined && { key: this.redactor.text(key) }),
      ...(value !== undefined && { value: this.redactor.value(value) }),
    };
  }
}

type Change = 'set' | 'append' | 'increment';

const CHANGES: Readonly<Record<Change, (before: unknown, config: MemoryConfig) => unknown>> = {
  set: (_before, { value }) => value,
  append: (before, { value, max_items }) => {
    if (before !== undefined && !Array.isArray(before)) throw new MemoryValueError('append needs a list, or no value');
    return [...((before as unknown[] | undefined) ?? []), value].slice(-max_items);
  },
  increment: (before, { by }) => {
    if (before !== undefined && typeof before !== 'number')
      throw new MemoryValueError('increment needs a number, or no value');
    return (before ?? 0) + by;
  },
};

function placeOf({ config, executionId, workflowId }: NodeContext<MemoryConfig>): MemoryPlace {
  const owners = { execution: executionId, workflow: workflowId, global: '', conversation: config.conversation ?? '' };
  return { scope: config.scope, owner: owners[config.scope] };
}

function itemOf({ key, value, revision }: MemoryEntry): object {
  return { key, value, revision };
}

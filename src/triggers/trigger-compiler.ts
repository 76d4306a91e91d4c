import { Injectable } from '@nestjs/common';
import { AppConfig } from '../common/config/app-config.js';
import { ExpressionCompiler } from '../definition/expression-compiler.js';
import type { ArmedTrigger } from './trigger.contract.js';
import { TriggerRegistry } from './trigger-registry.js';
import type { TriggerRow } from './trigger.row.js';

const DAY_MS = 86_400_000;
const DEFAULT_PRIORITY = 5;
const MOST_KEPT = 20_000;

/** Rows to compiled triggers; each revision is compiled once per process. */
@Injectable()
export class TriggerCompiler {
  private readonly kept = new Map<string, ArmedTrigger>();

  constructor(
    private readonly registry: TriggerRegistry,
    private readonly expressions: ExpressionCompiler,
    private readonly settings: AppConfig,
  ) {}

  compile(row: TriggerRow): ArmedTrigger {
    const known = this.kept.get(row.id);
    if (known?.revision === row.revision) return known;
    const trigger = this.build(row);
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    this.kept.set(row.id, trigger);
    return trigger;
  }

  /** Without keeping it: for rows that are not committed yet. */
  build(row: TriggerRow): ArmedTrigger {
    const type = this.registry.get(row.type);
    const key = row.dedup?.key ?? null;
    return {
      id: row.id,
      workflowId: row.workflow_id,
      version: row.version ?? 0,
      type: row.type,
      name: row.name,
      config: this.registry.read(type, row.config).value,
      filter: row.filter === null ? null : this.expressions.expression(row.filter),
      input: row.input === null || row.input === undefined ? null : this.expressions.template(row.input),
      dedup: { key: key === null ? null : this.expressions.template(key), ttlMs: row.dedup?.ttlMs ?? DAY_MS },
      priority: row.priority ?? DEFAULT_PRIORITY,
      mode: row.mode ?? row.deployment_mode ?? this.settings.executionMode,
      startAt: row.start_at?.getTime() ?? null,
      endAt: row.end_at?.getTime() ?? null,
      keepMs: Math.max(this.settings.retentionMs, Number(row.retention_ms ?? 0)),
      paused: row.paused_at === null ? row.held : (row.paused_reason ?? 'paused'),
      revision: row.revision,
    };
  }
}

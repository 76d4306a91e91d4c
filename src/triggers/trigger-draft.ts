import { Injectable } from '@nestjs/common';
import { parseDuration } from '../common/duration.js';
import { AppError, type Fault } from '../common/errors/app-error.js';
import { ExpressionCompiler } from '../definition/expression-compiler.js';
import { TRIGGER_NAMES } from '../definition/expressions/unknown-names.js';
import { unknownIn } from './trigger-expressions.js';
import { TriggerRegistry } from './trigger-registry.js';
import type { TriggerDraft } from './trigger.row.js';

/** A trigger as a client writes it; what is left out has its default. */
export interface TriggerText {
  type: string;
  name?: string;
  config?: Record<string, unknown>;
  is_enabled?: boolean;
  filter?: string | null;
  input?: unknown;
  priority?: number | null;
  dedup?: { key?: string; ttl?: string | number } | null;
  start_at?: string | null;
  end_at?: string | null;
  mode?: 'execute' | 'notify' | null;
}

/** Checks triggers, whoever wrote them: all faults at once, paths relative to the trigger. */
@Injectable()
export class TriggerDrafts {
  constructor(
    private readonly registry: TriggerRegistry,
    private readonly expressions: ExpressionCompiler,
  ) {}

  read(text: TriggerText): TriggerDraft {
    const ttl = text.dedup?.ttl;
    return {
      type: this.registry.find(text.type)?.type ?? text.type,
      name: text.name ?? text.type,
      config: text.config ?? {},
      isEnabled: text.is_enabled ?? true,
      filter: text.filter ?? null,
      input: text.input ?? null,
      priority: text.priority ?? null,
      dedup:
        text.dedup === null || text.dedup === undefined
          ? null
          : { key: text.dedup.key ?? null, ttlMs: ttl === undefined ? null : parseDuration(ttl) },
      startAt: text.start_at ?? null,
      endAt: text.end_at ?? null,
      mode: text.mode ?? null,
    };
  }

  /** An alias becomes its type. */
  canonical(draft: TriggerDraft): TriggerDraft {
    return { ...draft, type: this.registry.find(draft.type)?.type ?? draft.type };
  }

  faults(draft: TriggerDraft): Fault[] {
    const type = this.registry.find(draft.type);
    if (type === undefined) {
      const hint = this.registry.types.map((one) => one.type).join(', ');
      return [
        { path: 'type', code: 'unknown_trigger_type', message: `There is no trigger type "${draft.type}".`, hint },
      ];
    }
    const config = this.registry
      .read(type, draft.config)
      .faults.map((fault) => ({ ...fault, path: below('config', fault.path) }));
    return [...config, ...this.faultsOfExpressions(draft), ...faultsOfTimes(draft)];
  }

  private faultsOfExpressions({ filter, input, dedup }: TriggerDraft): Fault[] {
    const faults: Fault[] = [];
    const attempt = (path: string, find: () => Fault[]): void => {
      try {
        faults.push(...find());
      } catch (error) {
        const code = error instanceof AppError ? error.code : 'expression_invalid';
        faults.push({ path, code, message: error instanceof Error ? error.message : String(error) });
      }
    };
    const inTemplate = (path: string, value: unknown): Fault[] =>
      this.expressions
        .template(value)
        .expressions.flatMap((one) => unknownIn(below(path, one.path), one.expression, TRIGGER_NAMES));
    const key = dedup?.key ?? null;
    if (filter !== null)
      attempt('filter', () => unknownIn('filter', this.expressions.condition(filter), TRIGGER_NAMES));
    if (input !== null && input !== undefined) attempt('input', () => inTemplate('input', input));
    if (key !== null) attempt('dedup.key', () => inTemplate('dedup.key', key));
    return faults;
  }
}

function faultsOfTimes({ startAt, endAt }: TriggerDraft): Fault[] {
  const isWrong = (text: string | null): boolean => text !== null && Number.isNaN(Date.parse(text));
  const faults: Fault[] = [];
  if (isWrong(startAt)) faults.push({ path: 'start_at', code: 'time_invalid', message: 'not a time (RFC 3339)' });
  if (isWrong(endAt)) faults.push({ path: 'end_at', code: 'time_invalid', message: 'not a time (RFC 3339)' });
  if (faults.length === 0 && startAt !== null && endAt !== null && Date.parse(endAt) < Date.parse(startAt)) {
    faults.push({ path: 'end_at', code: 'time_order', message: 'end_at lies before start_at' });
  }
  return faults;
}

function below(parent: string, path: string): string {
  if (path === '') return parent;
  return path.startsWith('[') ? parent + path : `${parent}.${path}`;
}

import type { OccurrenceKey, StartRequest, TriggerNames } from '../../engine/engine.contract.js';
import { withoutFiles } from '../../engine/files/brought-files.js';
import type { ArmedTrigger, Seen, TriggerOutcome } from '../trigger.contract.js';
import { keepableKey } from './keepable-key.js';

type Reason = { readonly code: string; readonly detail: string };

/** What is to be recorded and started; before the key has been asked. */
export interface Decision {
  readonly outcome: TriggerOutcome;
  readonly reason: Reason | null;
  readonly request: StartRequest;
  /** The input cannot be had from what came: the sender's fault. */
  readonly failure: string | null;
}

interface Verdict {
  readonly outcome: TriggerOutcome;
  readonly reason: Reason | null;
  readonly input: unknown;
  readonly key: OccurrenceKey | null;
}

/** The path that all types share: window, pause, filter, dedup key, input, mode. Pure; order as triggers.md has it. */
export function decide(trigger: ArmedTrigger, seen: Seen, id: string, env: Readonly<Record<string, string>>): Decision {
  const names = namesOf(trigger, seen);
  const verdict = verdictOf(trigger, seen, names, env);
  const { outcome, reason } = verdict;
  const execution =
    outcome === 'fired'
      ? {
          id: seen.files?.executionId,
          workflowId: trigger.workflowId,
          version: trigger.version,
          input: verdict.input,
          variables: seen.order?.variables ?? {},
          priority: seen.order?.priority ?? trigger.priority,
          triggerId: trigger.id,
          triggerType: trigger.type,
          trigger: names,
          createdBy: seen.order?.createdBy ?? null,
          files: seen.files?.files,
        }
      : null;
  const unstarted = (): unknown => (seen.files === undefined ? seen.payload : withoutFiles(seen.payload, seen.files));
  const occurrence = {
    id,
    triggerId: trigger.id,
    workflowId: trigger.workflowId,
    occurredAt: seen.occurredAt,
    scheduledFor: seen.scheduledFor,
    outcome,
    reason,
    payload: outcome === 'fired' ? seen.payload : unstarted(),
    unstartedPayload: seen.files === undefined ? undefined : unstarted,
    replayOf: seen.replayOf ?? null,
  };
  const failure = outcome === 'failed' ? (reason?.detail ?? '') : null;
  return {
    outcome,
    reason,
    failure,
    request: { occurrence, execution, key: verdict.key, awaited: seen.awaited ?? false },
  };
}

function verdictOf(
  trigger: ArmedTrigger,
  seen: Seen,
  names: TriggerNames,
  env: Readonly<Record<string, string>>,
): Verdict {
  const held = seen.refused ?? heldBack(trigger, seen);
  if (held !== undefined) return not(held.outcome, held.code, held.detail);
  const visible = { trigger: names, env };
  try {
    if (trigger.filter !== null && seen.isFiltered !== true && !trigger.filter.test(visible))
      return not('filtered', 'filter', trigger.filter.source);
    const input =
      trigger.input === null
        ? seen.defaultInput === undefined
          ? seen.payload
          : seen.defaultInput
        : trigger.input.evaluate(visible);
    const outcome = trigger.mode === 'notify' ? 'notified' : 'fired';
    return { outcome, reason: seen.note ?? null, input, key: keyOf(trigger, seen, visible) };
  } catch (error) {
    return not('failed', 'expression_failed', error instanceof Error ? error.message : String(error));
  }
}

function heldBack(
  trigger: ArmedTrigger,
  seen: Seen,
): { outcome: TriggerOutcome; code: string; detail: string } | undefined {
  const at = (seen.scheduledFor ?? seen.occurredAt).getTime();
  if (trigger.paused !== null) return { outcome: 'skipped', code: 'paused', detail: trigger.paused };
  if (trigger.startAt !== null && at < trigger.startAt)
    return { outcome: 'skipped', code: 'not_started', detail: 'before start_at' };
  if (trigger.endAt !== null && at > trigger.endAt)
    return { outcome: 'skipped', code: 'ended', detail: 'after end_at' };
  return undefined;
}

/** What starts nothing takes no key: a backfill or a second delivery may still fire it. */
function not(outcome: TriggerOutcome, code: string, detail: string): Verdict {
  return { outcome, reason: { code, detail }, input: null, key: null };
}

/** A replay starts what was started before: it is known by its caller's key alone. */
function keyOf(trigger: ArmedTrigger, seen: Seen, visible: Readonly<Record<string, unknown>>): OccurrenceKey | null {
  const own: unknown = seen.replayOf === undefined ? trigger.dedup.key?.evaluate(visible) : undefined;
  if (own !== undefined && own !== null && own !== '') {
    const key = typeof own === 'string' ? own : JSON.stringify(own);
    return { scope: trigger.id, key: keepableKey(key), ttlMs: trigger.dedup.ttlMs };
  }
  if (seen.key === null) return null;
  return { scope: trigger.id, key: keepableKey(seen.key), ttlMs: seen.keyTtlMs ?? trigger.dedup.ttlMs };
}

function namesOf(trigger: ArmedTrigger, seen: Seen): TriggerNames {
  return {
    type: trigger.type,
    id: trigger.id,
    name: trigger.name,
    occurred_at: seen.occurredAt.toISOString(),
    scheduled_for: seen.scheduledFor === null ? null : seen.scheduledFor.toISOString(),
    payload: seen.payload,
    ...(seen.withholdsSecrets === true && { withholds_secrets: true as const }),
  };
}

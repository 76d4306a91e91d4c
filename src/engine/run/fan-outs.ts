import type { Scope } from '../../definition/plan.js';
import type { Fan } from '../planner/fan.js';
import { nestedPrefix, type Returned } from '../planner/planner.js';
import { toFailure } from './failure.js';
import type { StepBook } from './step-book.js';
import type { StepError, StepRecord } from './step-record.js';

/** Opens and ends the instances of steps that have entered several scopes. */
export class FanOuts {
  constructor(private readonly book: StepBook) {}

  /** Opens as many instances as there is room for. */
  open(path: string): void {
    const record = this.book.states.get(path);
    const fan = record?.fan;
    if (record === undefined || fan === null || fan === undefined) return;
    while (fan.hasRoom) {
      if (!this.goesOn(record, fan)) return;
      this.book.names.place(fan.openNext(), fan.rules);
    }
  }

  /** Tells the step of an instance that has ended, and lets go of what was inside. */
  end({ step, path, instance, status, failedBy }: Returned): void {
    const { fan } = this.book.get(path);
    const scope = step.scopes[instance.scope];
    if (fan === null || scope === undefined) return;
    const output = status === 'completed' ? this.lastOutput(scope, instance.prefix) : null;
    fan.end(instance, { status, output, error: failedBy === null ? null : this.errorAt(failedBy) });
    // A loop's condition looks at the pass before: that one stays until the next has ended.
    const done = 'most' in fan.rules.over ? fan.last : instance;
    if (done !== null) this.book.forget(scope, done.prefix);
    fan.last = instance;
  }

  private errorAt(path: string): StepError {
    const { error } = this.book.get(path).fields;
    const { code, message, details } = error ?? {
      code: 'internal',
      message: `step ${path} failed`,
      details: undefined,
    };
    return { code, message, ...(details !== undefined && { details }), step_path: error?.step_path ?? path };
  }

  /** Whether the condition of a loop, if it has one, asks for one more pass. */
  private goesOn(record: StepRecord, fan: Fan): boolean {
    const { over } = fan.rules;
    if (!('most' in over)) return true;
    try {
      if (record.step.late['while']?.test(this.namesFor(record, fan)) !== true) fan.exhaust();
      else if (fan.position >= over.most) fan.break(tooMany(over.most));
    } catch (error) {
      const { code, message } = toFailure(error);
      fan.break({ code, message });
    }
    return fan.hasRoom;
  }

  private namesFor(record: StepRecord, fan: Fan): Record<string, unknown> {
    const { names } = this.book;
    const last = fan.last === null ? names.at(record.prefix) : names.at(fan.last.prefix);
    return { ...last, item: fan.position, index: fan.position };
  }

  /** The output of the step that ended last: a branch has chosen before what it chose has run. */
  private lastOutput(scope: Scope, prefix: string): unknown {
    let last: { at: number; output: unknown } | null = null;
    for (const record of this.completedIn(scope, prefix)) {
      const isBranch = record.scope !== null;
      const at = (isBranch ? record.fields.startedAt : record.fields.finishedAt) ?? 0;
      if (last === null || at >= last.at) last = { at, output: record.fields.output };
    }
    return last?.output ?? null;
  }

  private *completedIn(scope: Scope, prefix: string): Iterable<StepRecord> {
    for (const step of scope.steps) {
      const record = this.book.states.get(prefix + step.id);
      if (record?.status !== 'completed') continue;
      yield record;
      const inner = record.scope === null ? undefined : step.scopes[record.scope];
      if (inner !== undefined && record.scope !== null)
        yield* this.completedIn(inner, nestedPrefix(record.path, record.scope));
    }
  }
}

function tooMany(most: number): StepError {
  return { code: 'max_iterations', message: `The condition still holds after ${most} passes (max_iterations).` };
}

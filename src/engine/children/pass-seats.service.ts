import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import type { Names, Plan } from '../../definition/plan.js';
import { stepsReadIn } from '../../definition/steps-read.js';
import { ParentGoneError } from '../engine.errors.js';
import type { ClaimedExecution } from '../run/claim.statement.js';
import { outer, type OuterSteps, type StepNames } from '../run/names.js';
import { planPath } from '../run/step-book.js';
import { bodyOf, passPrefix, type PassOf } from './pass-plan.js';
import { readLoopStep, readOuterSteps, readWhole, type WholeRow } from './pass-seats.statements.js';

/** What an execution that is a pass of a distributed loop runs, and what it sees. */
export interface PassSeat {
  readonly claimed: ClaimedExecution;
  /** Of the loop's body alone. */
  readonly plan: Plan;
  readonly prefix: string;
  readonly places: Names;
  readonly steps: OuterSteps;
}

/** The same for all passes of one attempt of a loop. */
interface Shared {
  readonly loopPath: string;
  readonly whole: WholeRow;
  readonly steps: OuterSteps;
}

/** How many loops' surroundings a process keeps, and for how long nobody may have asked for them. */
const MOST_KEPT = 50;
const KEPT_MS = 30_000;

/**
 * Seats a pass in its parent: it reads from there what the loop's body would see around it (input, variables, trigger, the
 * outer steps that the body names), once a process for all passes of a loop. Nothing of it is copied into the passes.
 */
@Injectable()
export class PassSeats {
  private readonly kept = new Map<string, { readonly shared: Promise<Shared>; askedAt: number }>();

  constructor(private readonly database: Database) {}

  /** @throws ParentGoneError when its parent was deleted. */
  async of(claimed: ClaimedExecution, plan: Plan): Promise<PassSeat> {
    const { loopPath, whole, steps } = await this.shared(claimed, plan);
    const { item, index } = claimed.input as { item: unknown; index: number };
    const { item_name: name = null, places = {} } = claimed.pass_names ?? {};
    return {
      claimed: { ...claimed, input: whole.input, variables: whole.variables, trigger: whole.trigger },
      plan: bodyOf(plan, loopPath),
      prefix: passPrefix(loopPath, claimed as PassOf),
      places: { ...places, item, index, ...(name !== null && { [name]: item }) },
      steps,
    };
  }

  private shared(claimed: ClaimedExecution, plan: Plan): Promise<Shared> {
    const key = `${claimed.parent_step_id ?? claimed.id}:${claimed.parent_attempt ?? 0}`;
    const now = performance.now();
    for (const [old, { askedAt }] of this.kept) {
      if (this.kept.size < MOST_KEPT && now - askedAt < KEPT_MS) break;
      this.kept.delete(old);
    }
    const known = this.kept.get(key);
    const shared = known?.shared ?? this.read(claimed, plan);
    this.kept.delete(key);
    this.kept.set(key, { shared, askedAt: now });
    shared.catch(() => this.kept.delete(key));
    return shared;
  }

  private async read(claimed: ClaimedExecution, plan: Plan): Promise<Shared> {
    return await this.database.transaction(async (client) => {
      const loop = await readLoopStep(client, claimed);
      if (loop === undefined) throw new ParentGoneError();
      const loopPath = loop.step_path;
      const steps = new Map<string, Record<string, StepNames>>();
      // A pass inside a pass sees what that one sees: from its parent up to the execution of the whole definition.
      let whole = await readWhole(client, loop.execution_id);
      const wanted = outerPaths(plan, loopPath);
      for (;;) {
        if (whole === undefined) throw new ParentGoneError();
        for (const row of await readOuterSteps(client, whole.id, wanted)) keep(steps, row.step_path, row.step_id, row);
        if (whole.pass === null || whole.parent_id === null) return { loopPath, whole, steps };
        whole = await readWhole(client, whole.parent_id);
      }
    });
  }
}

function keep(
  steps: Map<string, Record<string, StepNames>>,
  path: string,
  id: string,
  { output, status, error, attempt }: Omit<StepNames, 'attempts'> & { readonly attempt: number },
): void {
  const prefix = path.slice(0, path.length - id.length);
  const scope = steps.get(prefix) ?? {};
  steps.set(prefix, scope);
  scope[id] = { output, status, error, attempts: attempt };
}

/** Where the steps stand that the body of a loop reads around it. */
function outerPaths(plan: Plan, loopPath: string): string[] {
  const read = stepsReadIn(plan, `${planPath(loopPath)}[].`);
  const paths: string[] = [];
  for (let prefix = scopeOf(plan, loopPath); ; prefix = outer(prefix)) {
    for (const [path, { id }] of plan.steps) {
      const isHere = path === planPath(prefix) + id;
      if (isHere && (read === null || read.has(id))) paths.push(prefix + id);
    }
    if (prefix === '') return paths;
  }
}

function scopeOf(plan: Plan, path: string): string {
  const id = plan.steps.get(planPath(path))?.id ?? '';
  return path.slice(0, path.length - id.length);
}

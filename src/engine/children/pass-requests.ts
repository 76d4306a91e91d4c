import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { newId } from '../../common/ids.js';
import type { ChildRequest } from '../../nodes/node.contract.js';
import type { AcceptRow } from '../start/accept.statement.js';
import { PASS_TRIGGER } from '../views/execution.repository.js';
import type { Asking } from './asking.js';
import { knownPasses, letGo } from './children.statements.js';
import type { PassNames } from './parent-link.js';
import { traceParentOfChild } from '../run/run-trace.js';
import { triggerOfChild } from '../run/withheld.js';

type PassesRequest = Extract<ChildRequest, { kind: 'passes' }>;

/**
 * Turns what a distributed loop asks for into executions to be accepted, one a pass. They share the places of a key of
 * their own, `max_concurrency` of them: what gives places to executions under a `concurrency` rule hands the passes out,
 * on whichever replica one ends.
 */
@Injectable()
export class PassRequests {
  /** Passes that an earlier attempt has completed with the same item are not started again. */
  async rowsOf(client: PoolClient, asking: Asking, request: PassesRequest): Promise<AcceptRow[]> {
    const { stepExecutionId, attempt } = asking.step;
    const known = await knownPasses(client, stepExecutionId, attempt);
    const there = new Set<number>();
    const stale: string[] = [];
    for (const { id, pass, parent_attempt, input } of known) {
      const stays = parent_attempt === attempt || input === inputOf(request, pass);
      if (stays) there.add(pass);
      else stale.push(id);
    }
    await letGo(client, stale);
    return request.items.flatMap((item, position) =>
      there.has(position) ? [] : [toRow(asking, request, item, position)],
    );
  }
}

function inputOf({ items }: PassesRequest, position: number): string | null {
  return position < items.length ? JSON.stringify({ item: items[position], index: position }) : null;
}

function toRow({ step, parent }: Asking, request: PassesRequest, item: unknown, position: number): AcceptRow {
  const { workflow_id: workflowId, version, priority, created_by: createdBy, depth } = parent;
  return {
    executionId: newId(),
    request: {
      occurrence: null,
      key: null,
      execution: {
        workflowId,
        version,
        priority,
        createdBy,
        input: { item, index: position },
        variables: {},
        triggerId: null,
        triggerType: PASS_TRIGGER,
        trigger: triggerOfChild(parent, PASS_TRIGGER, parent.now),
      },
    },
    // Its time is its parent's: that one's timeout cancels it.
    timeoutMs: null,
    awaitedBy: null,
    traceParent: traceParentOfChild(parent.trace_parent, step),
    place: { key: `pass:${step.stepExecutionId}`, limit: request.limit, onLimit: 'queue' },
    parent: {
      executionId: parent.id,
      stepExecutionId: step.stepExecutionId,
      attempt: step.attempt,
      isDetached: false,
      depth,
      pass: { position, names: namesOf(request, placesOf(step.state)) },
    },
  };
}

/** What the engine adds to the state of a step that waits for children. */
function placesOf(state: unknown): PassNames['places'] {
  return (state as Partial<PassNames> | null)?.places ?? {};
}

function namesOf({ item_name }: PassesRequest, places: PassNames['places']): PassNames | null {
  return item_name === null && Object.keys(places).length === 0 ? null : { item_name, places };
}
